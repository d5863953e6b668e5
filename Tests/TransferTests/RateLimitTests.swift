import ArtifactTypes
import Testing

@testable import Transfer

@Suite struct RateLimitTests {
    @Test("a bucket gives out its rate, whoever takes and whenever")
    func bucket() {
        let start = ContinuousClock.now
        let limit = RateLimit(1000, now: start)
        let first = ExchangeID(number: 1)
        let second = ExchangeID(number: 2)
        var taken = 0
        for step in 0..<10_000 {
            let now = start + .milliseconds(step)
            for id in step.isMultiple(of: 2) ? [first, second] : limit.dueExchanges(now: now)
            where limit.admits(id, now: now) {
                limit.took(16)
                taken += 16
            }
        }
        // Ten seconds, a tenth of a second's worth that was saved up, and one piece over.
        #expect(taken >= 9_900 && taken <= 10_116, "\(taken)")
    }

    @Test("those that wait are named once there is something to take, and only those")
    func queue() {
        let start = ContinuousClock.now
        let limit = RateLimit(1000, now: start)
        #expect(limit.wait(now: start) == nil)
        limit.took(200)
        let ids = (1...3).map { ExchangeID(number: UInt64($0)) }
        for id in ids { #expect(!limit.admits(id, now: start)) }
        limit.forget(ids[1])
        #expect(limit.dueExchanges(now: start).isEmpty)
        #expect(limit.wait(now: start) == 150)
        #expect(limit.dueExchanges(now: start + .milliseconds(150)) == [ids[0], ids[2]])
        #expect(limit.wait(now: start + .milliseconds(150)) == nil)
    }

    @Test("two downloads at once share one limit, and arrive whole")
    func downloads() async throws {
        let bytes = content(300_000)
        let server = try ScriptedServer { request, wire in serve(bytes, to: request, wire) }
        let bench = try Bench { $0.rateLimit = 400_000 }
        let access = TransferAccess(configuredOrigins: [server.origin])
        let origin = server.origin
        let start = ContinuousClock.now
        let bodies = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<2 {
                group.addTask {
                    try await bench.engine.send(TransferRequest(url: origin + "/file", access: access)).body
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(bodies == [bytes, bytes])
        // 600 kB at 400 kB/s, less the tenth of a second that was saved up and the last pieces.
        #expect(ContinuousClock.now - start > .milliseconds(1200))
    }
}
