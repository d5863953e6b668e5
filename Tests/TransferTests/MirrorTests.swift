import ArtifactTypes
import Testing

@testable import Transfer

@Suite("Mirrors")
struct MirrorTests {
    let bytes = content(1 << 20)

    @Test("are passed over where they are dead, refuse, or have another size, and it is said why")
    func failOver() async throws {
        let refusing = try ScriptedServer { _, wire in wire.answer(404) }
        let other = try ScriptedServer { wire, answer in serve([1, 2, 3], to: wire, answer) }
        let good = try ScriptedServer { [bytes] in serve(bytes, to: $0, $1) }
        let bench = try Bench()
        var download = bench.download([refusing, other, good], size: bytes.count, digest: sha256(bytes))
        download.sources.insert(DownloadSource(url: "http://127.0.0.1:1/file?token=x"), at: 0)
        let outcome = try await bench.fetch(download)
        #expect(outcome.verified)
        #expect(outcome.skipped.map(\.reason.code) == [.connect, .status(404), .sizeMismatch])
        #expect(outcome.skipped.first?.url == "http://127.0.0.1:1/file")
        #expect(bench.waits.all.isEmpty)
    }

    @Test("that never answer are waited for once")
    func silent() async throws {
        let silent = try ScriptedServer { _, wire in wire.waitForEnd() }
        let good = try ScriptedServer { [bytes] in serve(bytes, to: $0, $1) }
        let bench = try Bench()
        let outcome = try await bench.fetch(
            bench.download([silent, good], size: bytes.count, digest: sha256(bytes), stall: 1))
        #expect(outcome.verified)
        #expect(outcome.skipped.map(\.reason.code) == [.timeout])
        #expect(silent.requests.count == 1 && bench.waits.all.isEmpty)
    }

    @Test("that are poisoned are set aside for the next")
    func poisoned() async throws {
        let bad = try ScriptedServer { [bytes] in serve(Array(bytes.reversed()), to: $0, $1) }
        let good = try ScriptedServer { [bytes] in serve(bytes, to: $0, $1) }
        let bench = try Bench()
        let outcome = try await bench.fetch(bench.download([bad, good], size: bytes.count, digest: sha256(bytes)))
        #expect(outcome.verified && bench.held == bytes)
        #expect(outcome.skipped.map(\.reason.code) == [.digestMismatch])
        #expect(bad.requests.count == 2 && good.requests.count == 1)
    }

    @Test("go on with what another brought where a digest will prove it")
    func acrossSources() async throws {
        let breaking = try ScriptedServer { [bytes] request, wire in
            request.number == 0 ? serveBroken(bytes, after: 600_000, to: request, wire) : wire.answer(410)
        }
        let good = try ScriptedServer { [bytes] in serve(bytes, tag: "\"else\"", to: $0, $1) }
        let bench = try Bench()
        let outcome = try await bench.fetch(bench.download([breaking, good], size: bytes.count, digest: sha256(bytes)))
        #expect(outcome.verified && outcome.fetchedBytes == Int64(bytes.count))
        #expect(good.requests.first?.headers["range"] == "bytes=600000-")
        #expect(good.requests.first?.headers["if-range"] == nil)
    }

    @Test("that all fail end with the wrong content rather than the dead host")
    func allFail() async throws {
        let bad = try ScriptedServer { [bytes] in serve(Array(bytes.reversed()), to: $0, $1) }
        let bench = try Bench(attempts: 1)
        var download = bench.download([bad], size: bytes.count, digest: sha256(bytes))
        download.sources.append(DownloadSource(url: "http://127.0.0.1:1/file"))
        #expect(await bench.failure(download)?.code == .digestMismatch)
    }
}
