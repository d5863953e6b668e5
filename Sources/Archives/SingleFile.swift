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

    func expand(to target: FilePath, _ cancellation: Cancellation) throws(ArchiveError) -> Int64 {
        guard try reader.nextEntry() != nil, reader.isCompressed else {
            throw reader.unknownFormat()
        }
        let name = target.lastComponent?.string
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(
                target, .writeOnly, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
        } catch {
            throw ArchiveError(error as? Errno ?? .ioError, entry: name, "cannot make it")
        }
        var budget = budget
        let result = Result { () throws(ArchiveError) in
            let size = try reader.copyData(of: name, declared: nil, to: file, budget: &budget, cancellation)
            try reader.source.confirm()
            return size
        }
        let closing = Result { try file.close() }
        do throws(ArchiveError) {
            let size = try result.get()
            if case .failure(let error) = closing {
                throw ArchiveError(error as? Errno ?? .ioError, entry: name, "cannot write")
            }
            return size
        } catch {
            if unlink(target.string) != 0 {
                throw ArchiveError(
                    Errno(rawValue: errno), entry: name, "\(error.reason); then cannot remove what was expanded")
            }
            throw error
        }
    }
}
