import Archives
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

@Suite("Damage")
struct DamageTests {
    private static let makers = [
        ["tar"], ["tar", "-z"], ["tar", "-J"], ["tar", "--zstd"], ["bsdtar", "-j"], ["bsdtar", "--lz4"],
        ["bsdtar", "--format=zip"],
    ]

    private func archive(_ maker: [String], in workshop: Workshop) throws -> [UInt8] {
        // Content that no filter shrinks, so that a cut falls into data.
        var generator = SplitMix64(seed: 7)
        let noise = (0..<4000).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        for name in ["a/one", "a/two", "b/three"] { try workshop.directory.write(noise, to: "source/\(name)") }
        try run(maker + ["-cf", "../whole", "a", "b"], in: workshop.path("source"))
        return Array(try Data(contentsOf: URL(fileURLWithPath: workshop.path("whole").string)))
    }

    @Test("an archive that is cut short is refused wherever the cut is, and nothing remains", arguments: makers)
    func cut(maker: [String]) async throws {
        let workshop = try Workshop()
        let whole = try archive(maker, in: workshop)
        // The last file's data end behind both; what follows them may be cut unseen.
        let end = min(whole.count - 300, 14_000)
        for length in Array(stride(from: 0, to: end, by: 997)) + [end] {
            let error = await #expect(throws: ArchiveError.self, "cut at \(length)") {
                try await workshop.extract(Array(whole[..<length]))
            }
            #expect(error?.code == .corrupt || error?.code == .unsupportedFormat)
            #expect(try workshop.targetIsEmpty)
        }
    }

    @Test("where nobody vouches for a file, gzip's own checksum of each member does", arguments: [true, false])
    func gzip(isTar: Bool) async throws {
        let workshop = try Workshop()
        var first = TarBuilder()
        first.file("one")
        try workshop.directory.write(first.bytes + [UInt8](repeating: 0, count: 1024), to: "in/a")
        try workshop.directory.write([UInt8](repeating: 0, count: 1024), to: "in/b")
        try run(
            ["sh", "-c", "gzip -c a > whole.gz; wc -c < whole.gz > length; gzip -c b >> whole.gz"],
            in: workshop.path("in"))
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: workshop.path("in/whole.gz").string)))
        let length = try String(contentsOfFile: workshop.path("in/length").string, encoding: .utf8)
        let middle = try #require(Int(length.trimmingCharacters(in: .whitespacesAndNewlines)))
        func take(_ bytes: [UInt8]) async throws {
            if isTar {
                _ = try await workshop.extract(bytes)
            } else {
                let source = try workshop.directory.write(bytes, to: "single.gz")
                _ = try await Archive.expandSingle(source, to: workshop.target.appending("single"))
            }
        }
        // Of either member the CRC and the length.
        for position in [middle - 8, middle - 1, whole.count - 8, whole.count - 4] {
            var bytes = whole
            bytes[position] ^= 1
            let error = await #expect(throws: ArchiveError.self, "\(position)") { try await take(bytes) }
            #expect(error?.code == .corrupt)
            #expect(try workshop.targetIsEmpty)
        }
        try await take(whole)
    }

    @Test(
        "a window that is too large, and a start that is damaged, are told as what they are", arguments: [true, false])
    func unreadable(isLarge: Bool) async throws {
        let workshop = try Workshop()
        // A frame (RFC 8878, section 3.1.1) with a window of 256 MiB, and one of 1 MiB whose block is of the reserved type.
        let head: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, isLarge ? 18 << 3 : 10 << 3]
        let block: [UInt8] = [isLarge ? 0x01 : 0x07, 0x10, 0x00]
        let error = await #expect(throws: ArchiveError.self) {
            try await workshop.extract(head + block + [UInt8](repeating: 0, count: 512))
        }
        #expect(error?.code == .corrupt)
        #expect(error?.reason.contains("compressed with zstd, and cannot be read: ") == true, "\(error?.reason ?? "")")
        #expect(error?.reason.contains("no tar") == false)
        #expect(error?.reason.ranges(of: "cannot be read").count == 1)
        if isLarge { #expect(error?.reason.contains("zstd -d --long=31") == true) }
    }

    @Test("a tar that ends between two entries was cut short")
    func cutBetween() async throws {
        let workshop = try Workshop()
        var builder = TarBuilder()
        builder.file("one")
        builder.folder("two")
        let error = await #expect(throws: ArchiveError.self) { try await workshop.extract(builder.bytes) }
        #expect(error?.code == .corrupt)
        #expect(try workshop.targetIsEmpty)
    }

    @Test(
        "whatever bytes change, the answer is a tree or an error, and the neighbours are untouched", arguments: makers)
    func mutated(maker: [String]) async throws {
        let workshop = try Workshop()
        let whole = try archive(maker, in: workshop)
        var generator = SplitMix64(seed: 1)
        for _ in 0..<150 {
            var bytes = whole
            for _ in 0...Int.random(in: 0..<4, using: &generator) {
                // Headers are where damage is interesting: every second change goes into the first two blocks.
                let limit = Bool.random(using: &generator) ? min(1024, bytes.count) : bytes.count
                bytes[Int.random(in: 0..<limit, using: &generator)] = UInt8.random(in: .min ... .max, using: &generator)
            }
            do {
                #expect(try await workshop.extract(bytes).bytes <= 16 << 20)
                try workshop.clearTarget()
            } catch let error as ArchiveError {
                #expect(error.code != .cancelled)
                #expect(try workshop.targetIsEmpty)
            }
            #expect(try workshop.neighboursAreUntouched(besides: ["source", "whole", "archive"]))
        }
    }
}
