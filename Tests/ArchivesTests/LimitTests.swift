import Archives
import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("Limits")
struct LimitTests {
    @Test(
        "a bomb is stopped by its ratio",
        arguments: [
            ["tar", "-z"], ["tar", "-J"], ["tar", "--zstd"], ["bsdtar", "-j"], ["bsdtar", "--lz4"],
            ["bsdtar", "--format=zip"],
        ])
    func bomb(maker: [String]) async throws {
        let workshop = try Workshop()
        try workshop.directory.write([UInt8](repeating: 0, count: 24 << 20), to: "source/zeros")
        try run(maker + ["-cf", "../archive", "zeros"], in: workshop.path("source"))
        let written = Mutex<Int64>(0)
        let error = await #expect(throws: ArchiveError.self) {
            try await Archive.extract(
                workshop.path("archive"), into: workshop.target,
                policy: ExtractionPolicy(ratioFloor: 1 << 20)
            ) { progress in written.withLock { $0 = progress.bytes } }
        }
        #expect(error?.code == .limit)
        #expect(error?.entry == "zeros")
        #expect(written.withLock { $0 } < 24 << 20)
        #expect(try workshop.targetIsEmpty)
    }

    @Test("a bomb in what is passed over is stopped as well")
    func skippedBomb() async throws {
        let workshop = try Workshop()
        try workshop.directory.write([UInt8](repeating: 0, count: 24 << 20), to: "source/zeros")
        try run(["tar", "-czf", "../archive", "zeros"], in: workshop.path("source"))
        let error = await #expect(throws: ArchiveError.self) {
            try await workshop.extract(
                workshop.path("archive"), ExtractionPolicy(ratioFloor: 1 << 20, strip: .components(3)))
        }
        #expect(error?.code == .limit)
    }

    @Test("what compresses well but is small is no bomb")
    func small() async throws {
        let workshop = try Workshop()
        try workshop.directory.write([UInt8](repeating: 0, count: 8 << 20), to: "source/zeros")
        try run(["tar", "--zstd", "-cf", "../archive", "zeros"], in: workshop.path("source"))
        #expect(try await workshop.extract(workshop.path("archive")).bytes == 8 << 20)
    }

    @Test(
        "one byte, one entry or one folder too many is refused", arguments: ["bytes", "entries", "implied", "repeated"])
    func totals(kind: String) async throws {
        let workshop = try Workshop()
        let archive = TarBuilder.archive {
            $0.file("a", "12345")
            $0.file("b", "67890")
            if kind == "implied" { $0.file("one/two/three") }
            if kind == "repeated" { for _ in 0..<4 { $0.folder("same") } }
        }
        let policies = [
            "bytes": ExtractionPolicy(maximumBytes: 9), "entries": ExtractionPolicy(maximumEntries: 1),
            "implied": ExtractionPolicy(maximumEntries: 4), "repeated": ExtractionPolicy(maximumEntries: 5),
        ]
        let policy = try #require(policies[kind])
        let error = await #expect(throws: ArchiveError.self) { try await workshop.extract(archive, policy) }
        #expect(error?.code == (kind == "bytes" ? .tooLarge : .limit))
        #expect(try workshop.targetIsEmpty)
    }

    @Test("a cancelled extraction ends early and leaves nothing", arguments: ["many files", "one file"])
    func cancelled(kind: String) async throws {
        let workshop = try Workshop()
        let archive = try workshop.directory.write(
            TarBuilder.archive {
                if kind == "one file" {
                    $0.entry(Array("file".utf8), data: [UInt8](repeating: 1, count: 24 << 20))
                } else {
                    for number in 0..<2000 { $0.file("\(number)") }
                }
            }, to: "archive")
        let (events, continuation) = AsyncStream.makeStream(of: ExtractionProgress.self)
        let isCancelled = DispatchSemaphore(value: 0)
        let task = Task {
            try await Archive.extract(archive, into: workshop.target) { progress in
                continuation.yield(progress)
                isCancelled.wait()
                isCancelled.signal()
            }
        }
        // It is in the middle, and waits there.
        for await _ in events { break }
        task.cancel()
        isCancelled.signal()
        let error = await #expect(throws: ArchiveError.self) { _ = try await task.value }
        #expect(error?.code == .cancelled)
        #expect(try workshop.targetIsEmpty)
    }
}
