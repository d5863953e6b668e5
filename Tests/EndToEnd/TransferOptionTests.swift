import TestSupport
import Testing

@Suite struct TransferOptionTests {
    @Test("a rate limit holds for the whole process, and one connection is enough when no more are allowed")
    func limits() async throws {
        let machine = try Installation()
        try machine.addTinyModel(megabytes: 3)
        let start = ContinuousClock.now
        let limited = try await machine.run(
            "model", "download", "org/tiny:Q4_K_M", "org/tiny:Q8_0", "--limit-rate", "4M", "--max-connections", "1")
        #expect(limited.status == 0, "\(limited.errors)")
        // 6 MB at 4 MB a second, less what each of two buckets had saved up.
        #expect(ContinuousClock.now - start > .milliseconds(1200))
        #expect(try await machine.run("model", "verify").status == 0)

        for bad in [
            ["--limit-rate", "fast"], ["--limit-rate", "0"], ["--max-connections", "0"], ["--max-connections", "65"],
        ] {
            let refused = try await machine.start(["model", "download", "org/tiny"] + bad).outcome()
            #expect(refused.status == 64, "\(bad)")
        }
    }
}
