public import SystemPackage

/// What a file that is not unpacked seems to be, by its first bytes.
public struct KnownFormat: Sendable, CustomStringConvertible {
    /// With its article: `a RAR archive`; a compression's without one.
    let name: String
    /// One of those that may stand around a tar.
    var isCompression: Bool { Self.compressions.contains { $0.name == name } }
    /// What a system starts by itself.
    public var isProgram: Bool { Self.programs.contains { $0.name == name } }
    /// As it ends the sentence `it is …`.
    public var description: String { isCompression ? "compressed with \(name)" : name }

    /// The first bytes that tell all formats apart: an ISO image says what it is behind 32 KiB.
    static let length = 40_000

    /// Nil for a file of no known format.
    public init?(of file: FilePath) throws(ArchiveError) {
        let beginning: [UInt8]
        do {
            let descriptor = try FileDescriptor.open(file, .readOnly, options: [.closeOnExec, .nonBlocking])
            beginning = try descriptor.closeAfter {
                try [UInt8](unsafeUninitializedCapacity: Self.length) { buffer, count in
                    count = try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
                }
            }
        } catch {
            throw ArchiveError(error as? Errno ?? .ioError, "cannot read \(file)")
        }
        self.init(beginning)
    }

    init?(_ bytes: some RandomAccessCollection<UInt8>) {
        let match = (Self.compressions + Self.programs + Self.others).first { signature in
            bytes.dropFirst(signature.offset).starts(with: signature.magic)
        }
        guard let match else { return nil }
        name = match.name
    }

    private struct Signature {
        let name: String
        let offset: Int
        let magic: [UInt8]

        init(_ name: String, _ magic: String, at offset: Int = 0) {
            self.init(name, Array(magic.utf8), at: offset)
        }

        init(_ name: String, _ magic: [UInt8], at offset: Int = 0) {
            self.name = name
            self.magic = magic
            self.offset = offset
        }
    }

    private static let compressions = [
        Signature("gzip", [0x1F, 0x8B]), Signature("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]),
        Signature("zstd", [0x28, 0xB5, 0x2F, 0xFD]), Signature("bzip2", "BZh"),
        Signature("lz4", [0x04, 0x22, 0x4D, 0x18]),
    ]

    private static let programs = [
        Signature("an ELF program", "\u{7F}ELF"), Signature("a script", "#!"),
        Signature("a Mach-O program", [0xCF, 0xFA, 0xED, 0xFE]),
        Signature("a Mach-O program", [0xCA, 0xFE, 0xBA, 0xBE]),
    ]

    private static let others = [
        Signature("a program for Windows", "MZ"),
        Signature("a RAR archive", "Rar!\u{1A}\u{07}"),
        Signature("a 7-Zip archive", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
        Signature("a cabinet", "MSCF"), Signature("a xar archive", "xar!"),
        Signature("an ar archive, as Debian's packages are", "!<arch>\n"),
        Signature("an RPM package", [0xED, 0xAB, 0xEE, 0xDB]),
        Signature("a cpio archive", "0707"), Signature("a cpio archive", [0xC7, 0x71]),
        Signature("an ISO image", "CD001", at: 32_769), Signature("an mtree listing", "#mtree"),
        Signature("a WARC archive", "WARC/"), Signature("an LHA archive", "-lh", at: 2),
        Signature("compressed with compress", [0x1F, 0x9D]), Signature("compressed with lzip", "LZIP"),
        Signature("compressed with lzop", [0x89, 0x4C, 0x5A, 0x4F]), Signature("compressed with lrzip", "LRZI"),
        Signature("compressed with lzma", [0x5D, 0x00, 0x00]),
        Signature("a GGUF model", "GGUF"), Signature("a PDF document", "%PDF-"), Signature("a web page", "<!DOCTYPE"),
        Signature("a web page", "<!doctype"),
        Signature("a web page", "<html"), Signature("a git LFS pointer", "version https://git-lfs"),
    ]
}
