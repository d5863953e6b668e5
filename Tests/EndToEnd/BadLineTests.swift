import ArtifactTypes
import Foundation
import TestHub
import TestSupport
import Testing

@Suite struct BadLineTests {
    @Test(
        "with 30 % of answers broken off, 20 % refused and 10 % corrupted at once, all files arrive right, and what was good is not fetched again",
        arguments: [3, 4] as [UInt64])
    func allAtOnce(seed: UInt64) async throws {
        let machine = try Installation(TestHubOptions(seed: seed))
        let size: Int64 = 1 << 20
        let files = (0..<24).map { TestFile("part-\($0).zip", .synthetic(size: size, seed: UInt64($0) + 1)) }
        try machine.hub.addModel("org/parts", files: files)
        machine.hub.setFault(Fault(.dropAnywhere, probability: 0.3), on: "/cdn/")
        machine.hub.setFault(Fault(.corruptAnywhere, probability: 0.1), on: "/cdn/")
        var busy = Fault.status(503)
        busy.probability = 0.2
        machine.hub.setFault(busy, on: "/cdn/")

        // A file that is corrupted twice in a row ends a run with 65, one that fails five times with 69; the next run
        // goes on from what is here.
        var refused: Int64 = 0
        var last = try await download(on: machine)
        while [65, 69].contains(last.status), refused < 10 {
            refused += 1
            last = try await download(on: machine)
        }
        #expect(last.status == 0, "\(last.errors)")
        #expect(try await machine.run("model", "verify").status == 0)

        let answers = machine.payloadRequests
        #expect(answers.contains { $0.status == 503 } && answers.contains { $0.status == 206 })
        let damaged = Int64(answers.count { $0.isDamaged })
        #expect(damaged > 0)
        let sent = answers.reduce(0) { $0 + $1.payloadBytes }
        // A damaged answer costs its file once more; a refused run what its four connections had under way.
        #expect(sent <= (Int64(files.count) + damaged + refused * 4) * size, "\(damaged) damaged, \(refused) refused")
    }

    private func download(on machine: Installation) async throws -> Outcome {
        try await machine.run("model", "download", "org/parts", "--include", "*", "--max-connections", "4")
    }
}
