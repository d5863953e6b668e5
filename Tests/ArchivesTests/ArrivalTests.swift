import Archives
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

@Suite("Arriving archives")
struct ArrivalTests {
    /// An archive of some files of noise, as the machine's own tools make it.
    private func archive(_ maker: [String], files: Int = 12, in workshop: Workshop) throws -> [UInt8] {
        var generator = SplitMix64(seed: 11)
        for number in 0..<files {
            let noise = (0..<310).map { _ in generator.next() }
            try workshop.directory.write(noise.withUnsafeBytes { Array($0) }, to: "source/\(number % 7)/\(number)")
        }
        try run(maker + ["-cf", "../whole", "."], in: workshop.path("source"))
        return Array(try Data(contentsOf: URL(fileURLWithPath: workshop.path("whole").string)))
    }

    @Test(
        "entries are on the disk long before the archive's end has come",
        arguments: [
            ["bsdtar"], ["bsdtar", "-z"], ["bsdtar", "-J", "--options=xz:compression-level=0"],
            ["bsdtar", "--zstd"], ["bsdtar", "-j"], ["bsdtar", "--lz4", "--options=lz4:block-size=4"],
        ])
    func overlap(maker: [String]) async throws {
        let workshop = try Workshop()
        let whole = try archive(maker, files: 1500, in: workshop)
        let arriving = Arriving(in: workshop)
        let (events, continuation) = AsyncStream.makeStream(of: ExtractionProgress.self)
        let task = Task {
            try await Archive.extract(arriving.file, into: workshop.target) { continuation.yield($0) }
        }
        // libarchive's lz4 blocks are of 4 MB unless it is told otherwise; bzip2 hands out 900 KB at a time.
        try arriving.append(whole[..<(whole.count * 7 / 10)])
        for await event in events {
            #expect(event.entries >= 500)
            break
        }
        try arriving.append(whole[(whole.count * 7 / 10)...])
        arriving.finish()
        #expect(try await task.value.files.count == 1500)
        #expect(try Tree.snapshot(workshop.target) == Tree.snapshot(workshop.path("source")))
    }

    @Test(
        "however an archive arrives it comes out as one that is whole does",
        arguments: [["tar"], ["tar", "-z"], ["tar", "--zstd"], ["bsdtar", "--format=zip"]], [1, 511, 4096])
    func pieces(maker: [String], size: Int) async throws {
        let workshop = try Workshop()
        let whole = try archive(maker, in: workshop)
        let arriving = Arriving(in: workshop)
        async let report = Archive.extract(arriving.file, into: workshop.target)
        // Single bytes where headers are, then larger pieces.
        var rest = whole[...]
        while !rest.isEmpty {
            let count = whole.count - rest.count < 2000 ? size : max(size, 2000)
            try arriving.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        arriving.finish()
        #expect(try await report.files.count == 12)
        #expect(try Tree.snapshot(workshop.target) == Tree.snapshot(workshop.path("source")))
    }

    @Test(
        "a file that is begun anew leaves nothing of what it was before",
        arguments: ["another archive", "a hostile one", "no archive", "half an archive"])
    func begunAnew(kind: String) async throws {
        let workshop = try Workshop()
        let whole = try archive(["tar", "--zstd"], in: workshop)
        let wrong =
            switch kind {
            case "another archive": TarBuilder.archive { $0.file("wrong") }
            case "a hostile one": TarBuilder.archive { $0.file("../wrong") }
            case "no archive": Array("<html>not found</html>".utf8)
            default: Array(whole.prefix(whole.count / 2))
            }
        let arriving = Arriving(in: workshop)
        async let report = Archive.extract(arriving.file, into: workshop.target)
        for piece in [wrong[...], wrong.prefix(100)] {
            try arriving.append(piece)
            try arriving.beginAnew()
        }
        try arriving.append(whole[...])
        arriving.finish()
        #expect(try await report.files.count == 12)
        #expect(try Tree.snapshot(workshop.target) == Tree.snapshot(workshop.path("source")))
        #expect(try workshop.neighboursAreUntouched(besides: ["source", "whole", "arriving"]))
    }

    @Test(
        "one that is cancelled while it waits ends, and leaves nothing",
        arguments: ["before the first byte", "in the middle", "at its end", "a zip without its end"])
    func cancelled(moment: String) async throws {
        let workshop = try Workshop()
        let isZip = moment.hasPrefix("a zip")
        let whole = try archive(isZip ? ["bsdtar", "--format=zip"] : ["tar"], in: workshop)
        let arriving = Arriving(in: workshop)
        let task = Task { try await Archive.extract(arriving.file, into: workshop.target) }
        let count = ["in the middle": whole.count / 2, "at its end": whole.count, "a zip without its end": 5000]
        try arriving.append(whole.prefix(count[moment] ?? 0))
        task.cancel()
        let error = await #expect(throws: ArchiveError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(try workshop.targetIsEmpty)
    }

    @Test("what the disk refuses is told at once, what the content is refused for at its end")
    func refusals() async throws {
        let workshop = try Workshop()
        let arriving = Arriving(in: workshop)
        try arriving.append(TarBuilder.archive { $0.file("file") }[...])
        try workshop.directory.write(Array("mine".utf8), to: "target/mine")
        let occupied = await #expect(throws: ArchiveError.self) {
            try await Archive.extract(arriving.file, into: workshop.target)
        }
        #expect(occupied?.code == .io(errno: ENOTEMPTY))
        try workshop.clearTarget()

        try arriving.beginAnew()
        try arriving.append(TarBuilder.archive { $0.file("../x") }[...])
        arriving.finish()
        let hostile = await #expect(throws: ArchiveError.self) {
            try await Archive.extract(arriving.file, into: workshop.target)
        }
        #expect(hostile?.entry == "../x")
        #expect(try workshop.targetIsEmpty)
    }

    @Test("a bomb is measured by what has come: it waits for more, and then is refused")
    func bomb() async throws {
        let workshop = try Workshop()
        try workshop.directory.write([UInt8](repeating: 0, count: 24 << 20), to: "source/zeros")
        try run(["tar", "-czf", "../whole", "zeros"], in: workshop.path("source"))
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: workshop.path("whole").string)))
        let arriving = Arriving(in: workshop)
        try arriving.append(bytes[...])
        arriving.finish()
        let policy = ExtractionPolicy(ratioFloor: 1 << 20)
        let error = await #expect(throws: ArchiveError.self) {
            try await Archive.extract(arriving.file, into: workshop.target, policy: policy)
        }
        #expect(error?.code == .limit)

        // With noise behind them the same zeros are no bomb, though they come first.
        var generator = SplitMix64(seed: 5)
        try workshop.directory.write(
            (0..<200_000).map { _ in UInt8(truncatingIfNeeded: generator.next()) }, to: "source/zz-noise")
        try run(["tar", "-czf", "../whole", "zeros", "zz-noise"], in: workshop.path("source"))
        let harmless = Array(try Data(contentsOf: URL(fileURLWithPath: workshop.path("whole").string)))
        try arriving.beginAnew()
        async let report = Archive.extract(arriving.file, into: workshop.target, policy: policy)
        try arriving.append(harmless.prefix(24_000))
        try arriving.append(harmless.dropFirst(24_000))
        arriving.finish()
        #expect(try await report.files.count == 2)
    }

    @Test("one compressed file is expanded as it arrives")
    func single() async throws {
        let workshop = try Workshop()
        var generator = SplitMix64(seed: 2)
        let content = (0..<300_000).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        try workshop.directory.write(content, to: "source/model")
        try run(["gzip", "model"], in: workshop.path("source"))
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: workshop.path("source/model.gz").string)))
        let arriving = Arriving(in: workshop)
        let target = workshop.target.appending("model")
        async let expanded = Archive.expandSingle(arriving.file, to: target)
        try arriving.append(bytes.prefix(1000))
        try arriving.beginAnew()
        try arriving.append(bytes.prefix(200_000))
        try arriving.append(bytes.dropFirst(200_000))
        arriving.finish()
        #expect(try await expanded.size == 300_000)
        #expect(FileManager.default.contents(atPath: target.string) == Data(content))
    }
}

/// Writes a file as a download does, and tells of it.
private final class Arriving: Sendable {
    let file: ArrivingFile
    private let path: FilePath

    init(in workshop: Workshop) {
        path = workshop.path("arriving")
        file = ArrivingFile(path)
    }

    private func open(_ body: (FileDescriptor) throws -> Void) throws {
        let descriptor = try FileDescriptor.open(
            path, .readWrite, options: [.create, .closeOnExec], permissions: .ownerReadWrite)
        try descriptor.closeAfter { try body(descriptor) }
    }

    private var size: Int64 { (try? path.stat().size) ?? 0 }

    func append(_ bytes: ArraySlice<UInt8>) throws {
        let end = size
        try open { try $0.writeAll(toAbsoluteOffset: end, bytes) }
        file.advance(to: size)
    }

    func beginAnew() throws {
        file.beginAnew()
        try open { try $0.resize(to: 0) }
    }

    func finish() {
        file.finish(at: size)
    }
}
