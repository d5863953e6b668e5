import ArtifactTypes
import ContentStore
import Foundation
import Provisioning
import SystemPackage
import TestHub
import TestSupport
import Testing

@testable import Pipeline

/// Jobs that are cancelled whenever it may be.
@Suite struct CancellationTests {
    /// How many moments are tried; a longer run sets `RBEE_WALK=all`.
    private static let moments = ProcessInfo.processInfo.environment["RBEE_WALK"] == "all" ? 2000 : 60

    @Test("a job that is cancelled at any moment ends at once, either without a trace, or done and published")
    func anyMoment() async throws {
        let workshop = try Workshop()
        let item = StoreItem(kind: .model, id: "told:org/name")
        let files = try (0..<4).map { number in
            try workshop.file("\(number).gguf", [UInt8](repeating: UInt8(number), count: 200_000))
        }
        var generator = SplitMix64(seed: 7)
        let start = ContinuousClock.now
        try await workshop.provision(files)
        // On an idle machine some 20 ms; a first run among other tests may have taken far longer.
        let whole = min(Int((ContinuousClock.now - start) / .microseconds(1)), 40_000)
        var cancelled = 0
        for _ in 0..<Self.moments {
            try await workshop.store.remove(item)
            try workshop.store.settle(item)
            _ = try await workshop.store.collectGarbage()
            let task = Task { try await workshop.provision(files) }
            let moment = Duration.microseconds(Int.random(in: 0...whole * 4 / 3, using: &generator))
            try await Task.sleep(for: moment)
            task.cancel()
            let then = ContinuousClock.now
            let result = await task.result
            // Some milliseconds, alone; other tests may have the machine for seconds.
            #expect(ContinuousClock.now - then < .seconds(15), "after \(moment)")
            let sidecar = try workshop.store.sidecar(item)
            switch result {
            case .success(let published):
                #expect(sidecar?.files == published.files, "after \(moment)")
                #expect(try await workshop.store.verify(item).isSound, "after \(moment)")
            case .failure(let error):
                cancelled += 1
                #expect((error as? ProvisionError)?.code == .cancelled, "after \(moment): \(error)")
                #expect(sidecar == nil, "after \(moment)")
            }
            let trees = workshop.store.root.appending("staging/trees").string
            #expect(try FileManager.default.contentsOfDirectory(atPath: trees) == [], "after \(moment)")
        }
        #expect(cancelled > 0)
        // What they left is gone on from.
        try await workshop.store.remove(item)
        try await workshop.provision(files)
        #expect(try await workshop.store.verify(item).isSound)
    }
}
