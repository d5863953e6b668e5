import ArtifactTypes
import Synchronization
import TestSupport
import Testing

@testable import Transfer

@Suite("A file over several connections")
struct SegmentTests {
    private static let mebibyte: Int64 = 1 << 20

    @Test("is divided into chunks from its front, and the last ones at their middle")
    func chunks() throws {
        var table = SegmentTable(held: 0, size: 256 * Self.mebibyte)
        #expect(table.takeFree()?.end == 256 * Self.mebibyte, "one alone has all")
        // Two share 256 MiB: a quarter of a half each time, at most 32 MiB.
        let (one, two) = (table.take(), table.take())
        let (second, third) = (try #require(one), try #require(two))
        #expect(second.start == 32 * Self.mebibyte && second.end == 64 * Self.mebibyte)
        #expect(table[0]?.end == second.start, "the first has a chunk too")
        #expect(third.start == second.end)
        table.advance(0, to: 20 * Self.mebibyte)
        #expect(table.front == 20 * Self.mebibyte)
        table.advance(second.start, to: second.end)
        #expect(table.front == 20 * Self.mebibyte && table.filledBytes == 52 * Self.mebibyte)
        table.advance(0, to: 64 * Self.mebibyte)
        #expect(table.front == 64 * Self.mebibyte && table[0]?.rest == 0, "no further than its end")
        table.giveBack(0)
        table.giveBack(second.start)
        #expect(table.filled == [0..<64 * Self.mebibyte])
        var taken: [SegmentTable.Segment] = [third]
        while let next = table.take() { taken.append(next) }
        // Every byte behind is some worker's, and the row has no gaps.
        #expect(table.takeFree() == nil)
        #expect(Set(taken.map(\.start)).count == taken.count)
        let rests = table.segments.filter(\.isTaken).map(\.rest)
        #expect(rests.reduce(0, +) == 192 * Self.mebibyte)
        #expect(rests.allSatisfy { $0 < 2 * SegmentTable.smallestShare })
        table.giveBack(third.start)
        #expect(table.takeFree()?.start == third.start)
    }

    @Test(
        "comes back from what a journal says of it",
        arguments: [[0..<10], [5..<10], [0..<10, 20..<30], [3..<4, 90..<100], [0..<100], []])
    func ranges(filled: [Range<Int64>]) throws {
        var table = try #require(SegmentTable(filled: filled, size: 100))
        #expect(table.filled == filled)
        #expect(table.front == (filled.first?.lowerBound == 0 ? filled[0].upperBound : 0))
        var missing: Int64 = 0
        while let segment = table.takeFree() { missing += segment.rest }
        #expect(missing == 100 - filled.reduce(0) { $0 + Int64($1.count) })
    }

    @Test("does not believe a journal that contradicts itself")
    func impossibleRanges() {
        #expect(SegmentTable(filled: [0..<10, 5..<20], size: 100) == nil)
        #expect(SegmentTable(filled: [0..<101], size: 100) == nil)
    }

    /// A server whose connections are slow until so many helpers have come.
    private func slowServer(_ bytes: [UInt8], helpers: Box = Box(), enough: Int = 1) throws -> ScriptedServer {
        try ScriptedServer { request, wire in
            if request.number > 0 { helpers.count.add(1, ordering: .relaxed) }
            sendSlowly(bytes, begin(bytes, request, wire), wire, until: helpers, enough: enough)
        }
    }

    @Test("is helped where one of them is slow, and no byte is fetched twice")
    func parallel() async throws {
        let bytes = content(64 << 20)
        let server = try slowServer(bytes)
        let bench = try Bench()
        let outcome = try await bench.fetch(bench.download([server], size: bytes.count, digest: sha256(bytes)))
        #expect(outcome.verified && outcome.fetchedBytes == Int64(bytes.count))
        #expect(server.requests.count > 1)
        #expect(server.requests.dropFirst().allSatisfy { $0.headers["if-range"] == "\"v1\"" })
        #expect(outcome.sha256 == sha256(bytes))
        #expect(DownloadJournal.read(bench.journal)?.ranges == nil)
    }

    @Test("is not held up by a connection that stays slow, nor by one that stalls", arguments: [false, true])
    func slowest(stalls: Bool) async throws {
        let bytes = content(64 << 20)
        let helpers = Box()
        let server = try ScriptedServer { request, wire in
            let range = begin(bytes, request, wire)
            guard request.number == 0 else {
                helpers.count.add(1, ordering: .relaxed)
                return _ = wire.send(bytes[range])
            }
            // The first connection is slow, and slower still or silent once another has come.
            for place in stride(from: range.lowerBound, to: range.upperBound, by: 64 << 10) {
                guard wire.send(bytes[place..<min(range.upperBound, place + 64 << 10)]) else { return wire.close() }
                let isAlone = helpers.count.load(ordering: .relaxed) == 0
                if !isAlone, stalls { return wire.waitForEnd() }
                pauseServer(milliseconds: isAlone ? 20 : 200)
            }
        }
        let bench = try Bench()
        let outcome = try await bench.fetch(bench.download([server], size: bytes.count, digest: sha256(bytes)))
        #expect(outcome.verified && outcome.sha256 == sha256(bytes))
        // The first one was cut, after a part of what would have taken it ten seconds and more, and no byte came twice.
        #expect(outcome.fetchedBytes == Int64(bytes.count))
        let last = try #require(server.requests.last?.headers["range"])
        #expect(server.requests.dropFirst().contains { $0.headers["range"] != last } && !last.hasSuffix("-"))
    }

    @Test("that was cancelled goes on with all its parts")
    func cancelled() async throws {
        let bytes = content(64 << 20)
        let helpers = Box()
        let server = try slowServer(bytes, helpers: helpers, enough: 1000)
        let bench = try Bench()
        let download = bench.download([server], size: bytes.count, digest: sha256(bytes))
        let (moment, signal) = AsyncStream<Void>.makeStream()
        let task = Task {
            try await bench.engine.download(download) { _, _ in
                if server.requests.count > 2 { signal.yield() }
            }
        }
        for await _ in moment { break }
        task.cancel()
        let result = await task.result
        #expect(throws: TransferError.self) { try result.get() }
        let ranges = try #require(DownloadJournal.read(bench.journal)?.ranges)
        let held = ranges.reduce(0) { $0 + $1[1] - $1[0] }
        #expect(ranges.count > 1 && held > 0)
        helpers.count.add(1000, ordering: .relaxed)
        let outcome = try await bench.fetch(download)
        #expect(outcome.verified && outcome.fetchedBytes == Int64(bytes.count) - held)
    }

    @Test("whose parts are known from an earlier run is filled where it has holes, if a digest can prove it")
    func holes() async throws {
        let bytes = content(3 << 20)
        let server = try slowServer(bytes)
        let bench = try Bench()
        var held = bytes
        for index in 1_000_000..<2_000_000 { held[index] = 0 }
        func prepare() throws {
            try bench.folder.write(held, to: "x.part")
            let journal = DownloadJournal(
                source: server.origin + "/file", entityTag: "\"v1\"", total: Int64(bytes.count),
                ranges: [[0, 1_000_000], [2_000_000, Int64(bytes.count)]])
            try journal.write(bench.journal)
        }
        try prepare()
        let outcome = try await bench.fetch(bench.download([server], size: bytes.count, digest: sha256(bytes)))
        #expect(outcome.verified && outcome.fetchedBytes == 1_000_000)
        #expect(server.requests.map { $0.headers["range"] } == ["bytes=1000000-1999999"])
        try prepare()
        let unproven = try await bench.fetch(bench.download([server], size: bytes.count))
        #expect(unproven.fetchedBytes == Int64(bytes.count) && bench.held == bytes)
    }

    @Test("is left to one connection where the server knows no ranges")
    func noRanges() async throws {
        let bytes = content(64 << 20)
        let helpers = Box()
        let server = try ScriptedServer { request, wire in
            if request.headers["range"] != nil { helpers.count.add(1, ordering: .relaxed) }
            wire.answer(200, ["ETag": "\"v1\""], [], length: bytes.count)
            sendSlowly(bytes, 0..<bytes.count, wire, until: helpers)
        }
        let bench = try Bench()
        let outcome = try await bench.fetch(bench.download([server], size: bytes.count, digest: sha256(bytes)))
        #expect(outcome.verified && outcome.sha256 == sha256(bytes))
        #expect(server.requests.contains { $0.headers["range"] != nil })
    }
}

/// Sends the head of the answer to a request for a part, and returns which bytes are to follow.
private func begin(_ bytes: [UInt8], _ request: ScriptedServer.Request, _ wire: Wire) -> Range<Int> {
    let bounds = request.headers["range"]?.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
    let start = bounds?.first ?? 0
    let end = bounds.flatMap { $0.count > 1 ? $0[1] + 1 : nil } ?? bytes.count
    var headers = ["ETag": "\"v1\""]
    if bounds != nil { headers["Content-Range"] = "bytes \(start)-\(end - 1)/\(bytes.count)" }
    wire.answer(bounds == nil ? 200 : 206, headers, [], length: end - start)
    return start..<end
}

/// Sends a range at some 3 MB/s until enough helpers have come, and the rest at once.
private func sendSlowly(_ bytes: [UInt8], _ range: Range<Int>, _ wire: Wire, until helpers: Box, enough: Int = 1) {
    for place in stride(from: range.lowerBound, to: range.upperBound, by: 64 << 10) {
        guard wire.send(bytes[place..<min(range.upperBound, place + 64 << 10)]) else { return wire.close() }
        if helpers.count.load(ordering: .relaxed) < enough { pauseServer(milliseconds: 20) }
    }
}
