import Archives
import Foundation
import TestSupport
import Testing

@Suite("Formats")
struct FormatTests {
    @Test(
        "what is neither tar nor zip is refused by its content, whatever its name",
        arguments: [
            ["bsdtar", "--format=cpio"], ["bsdtar", "--format=newc"], ["bsdtar", "--format=mtree"],
            ["bsdtar", "--format=7zip"], ["bsdtar", "--format=iso9660"], ["bsdtar", "--format=ar"],
            ["bsdtar", "--format=xar"], ["bsdtar", "--format=warc"], ["bsdtar", "--format=shar"],
            ["bsdtar", "-z", "--format=cpio"], ["bsdtar", "--format=raw"],
        ])
    func confusion(words: [String]) async throws {
        let workshop = try Workshop()
        let source = try workshop.folder("source", ["file": "content"])
        try run(words + ["-cf", "../archive.tar.gz", "file"], in: source)
        let error = await #expect(throws: ArchiveError.self) {
            try await workshop.extract(workshop.path("archive.tar.gz"))
        }
        #expect(error?.code == .unsupportedFormat)
        #expect(try workshop.targetIsEmpty)
    }

    @Test(
        "filters that are not on the list are refused",
        arguments: ["--compress", "--lzip", "--lzma", "--lzop", "--uuencode", "--b64encode", "--grzip", "--lrzip"])
    func filters(option: String) async throws {
        let workshop = try Workshop()
        let source = try workshop.folder("source", ["file": "content"])
        // Some of these want a program that is rarely installed; then there is nothing to refuse.
        guard (try? run(["bsdtar", option, "-cf", "../archive.tar", "file"], in: source)) != nil else { return }
        let error = await #expect(throws: ArchiveError.self) {
            try await workshop.extract(workshop.path("archive.tar"))
        }
        #expect(error?.code == .unsupportedFormat)
    }

    @Test(
        "signatures of archives that cannot be made here are refused",
        arguments: [
            "Rar!\u{1A}\u{07}\u{00}", "Rar!\u{1A}\u{07}\u{01}\u{00}", "MSCF", "-lh5-", "%PDF-1.7",
            "<html>not found</html>", "",
        ])
    func signatures(signature: String) async throws {
        let workshop = try Workshop()
        let bytes = signature.isEmpty ? [] : Array(signature.utf8) + [UInt8](repeating: 0x20, count: 4096)
        let error = await #expect(throws: ArchiveError.self) {
            try await workshop.extract(bytes, named: "archive.tar.gz")
        }
        #expect(error?.code == .unsupportedFormat)
    }

    @Test("zeros are no archive: an image of a disk begins with them as an empty tar does")
    func zeros() async throws {
        let workshop = try Workshop()
        let error = await #expect(throws: ArchiveError.self) {
            try await workshop.extract(TarBuilder.archive { _ in })
        }
        #expect(error?.code == .unsupportedFormat)
    }

    @Test("a tar that was compressed twice is refused")
    func twice() async throws {
        let workshop = try Workshop()
        let source = try workshop.folder("source", ["file": "content"])
        try run(["tar", "-czf", "../once", "file"], in: source)
        try run(["sh", "-c", "gzip -c once > archive"], in: workshop.directory.path)
        let error = await #expect(throws: ArchiveError.self) { try await workshop.extract(workshop.path("archive")) }
        #expect(error?.code == .unsupportedFormat)
    }
}
