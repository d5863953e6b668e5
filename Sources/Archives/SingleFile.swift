import Glibc
import SystemPackage

/// One file that is compressed and in no archive.
struct SingleFile {
    private let reader: ArchiveReader
    private let budget: ExtractionBudget

    init(_ source: ArchiveSource, policy: ExtractionPolicy) throws(ArchiveError) {
        reader = try ArchiveReader(source, reading: .compressedFile)
        budget = ExtractionBudget(policy, of: source)
    }

    func expand(
        to target: FilePath, isExecutable: Bool, _ cancellation: Cancellation
    ) throws(ArchiveError) -> ExpandedFile {
        guard try reader.nextEntry() != nil, reader.isCompressed else {
            throw reader.unknownFormat()
        }
        let name = target.lastComponent?.string
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(
                target, .readWrite, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
                permissions: FilePermissions(rawValue: isExecutable ? 0o755 : 0o644))
        } catch {
            throw ArchiveError(error as? Errno ?? .ioError, entry: name, "cannot make it")
        }
        var budget = budget
        let hasher = WrittenFileHasher(cancellation)
        let result = Result { () throws(ArchiveError) in
            var hashing = try begin(hasher, file, name)
            let size = try reader.copyData(
                of: name, declared: nil, to: file, budget: &budget, cancellation
            ) { end, _ in hasher.advance(&hashing, to: end) }
            hasher.finish(hashing, at: size)
            let digest = try hasher.digests()[0]
            try reader.confirm()
            return ExpandedFile(size: size, digest: digest)
        }
        let closing = Result { try file.close() }
        do throws(ArchiveError) {
            let expanded = try result.get()
            if case .failure(let error) = closing {
                throw ArchiveError(error as? Errno ?? .ioError, entry: name, "cannot write")
            }
            return expanded
        } catch {
            if unlink(target.string) != 0 {
                throw ArchiveError(
                    Errno(rawValue: errno), entry: name, "\(error.reason); then cannot remove what was expanded")
            }
            throw error
        }
    }

    private func begin(
        _ hasher: WrittenFileHasher, _ file: FileDescriptor, _ name: String?
    ) throws(ArchiveError) -> WrittenFileHasher.Ticket {
        do throws(Errno) { return try hasher.begin(file) } catch {
            throw ArchiveError(error, entry: name, "cannot read it")
        }
    }
}
