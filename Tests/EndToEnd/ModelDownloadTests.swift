import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import Testing

@Suite struct ModelDownloadTests {
    @Test("one quantization is downloaded, described, repeated for one request, repaired and removed without a trace")
    func lifeOfAModel() async throws {
        let machine = try Installation()
        try machine.addTinyModel()

        let download = try await machine.run("model", "download", "org/tiny:q4_k_m")
        #expect(download.status == 0, "\(download.errors)")
        #expect(download.output == "hf:org/tiny:Q4_K_M\n")
        #expect(machine.payloadRequests.count == 1)

        let shown = try await machine.run("model", "show", "hf://org/tiny:Q4_K_M", "--json").json()
        #expect(shown["id"] == .string("hf:org/tiny:Q4_K_M"))
        #expect(shown["verified"] == .bool(true))
        #expect(shown["source"] == .string("HuggingFace"))
        #expect(shown["status"] == .string("Available"))
        #expect(shown["config"]?["architecture"] == .string("llama"))
        #expect(shown["config"]?["quantization"] == .string("Q4_K_M"))
        #expect(shown["config"]?["license"] == .string("apache-2.0"))
        #expect(shown["config"]?["files"]?.arrayValue?.map { $0["path"] } == [.string("tiny-Q4_K_M.gguf")])
        #expect((shown["config"]?["contextLength"]?.integerValue ?? 0) > 0)

        machine.hub.forgetRequests()
        let again = try await machine.run("model", "download", "org/tiny:Q4_K_M")
        #expect(again.status == 0, "\(again.errors)")
        #expect(machine.hub.requests.count <= 1)
        #expect(machine.payloadRequests.isEmpty)

        machine.hub.forgetRequests()
        #expect(try await machine.run("model", "download", "org/tiny:Q4_K_M", "--offline").status == 0)
        #expect(try await machine.run("model", "download", "org/tiny:Q8_0", "--offline").status == 69)
        #expect(machine.hub.requests.isEmpty)

        let path = try await machine.run("model", "path", "org/tiny").output.trimmingCharacters(in: .newlines)
        try flipByte(of: path)
        let damaged = try await machine.run("model", "verify")
        #expect(damaged.status == 65)
        #expect(damaged.output.contains("tiny-Q4_K_M.gguf"))
        let repaired = try await machine.run("model", "verify", "--repair")
        #expect(repaired.status == 0, "\(repaired.errors)")
        #expect(machine.payloadRequests.count == 1)
        #expect(try await machine.run("model", "verify").status == 0)

        #expect(try await machine.run("model", "remove", "org/tiny:Q4_K_M").status == 0)
        #expect(try await machine.run("gc").status == 0)
        #expect(try machine.storedFiles() == [])
        #expect(try await machine.run("model", "list", "--json").output == "[]\n")
    }

    private func flipByte(of path: String) throws {
        chmod(path, 0o600)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.seek(toOffset: 5000)
        let byte = try #require(try file.read(upToCount: 1)?.first)
        try file.seek(toOffset: 5000)
        try file.write(contentsOf: [byte ^ 1])
        try file.close()
    }

    @Test("a download killed three times goes on from the disk each time, and shows nothing before its end")
    func killedAndResumed() async throws {
        let machine = try Installation()
        let files = try machine.addTinyModel(megabytes: 24)
        let size = files[0].body.size
        for _ in 1...3 {
            machine.hub.clearFaults()
            machine.hub.setFault(Fault(.stall(after: 5 << 20), times: 1), on: "/cdn/")
            let program = try machine.start(["model", "download", "org/tiny:Q4_K_M"])
            _ = try await machine.hub.request { $0.origin == .cdn && $0.isStalled }
            program.send(SIGKILL)
            #expect(try await program.outcome().status == 128 + SIGKILL)
            machine.hub.releaseStalls()
            #expect(try await machine.run("model", "list", "--json").output == "[]\n")
            #expect(try machine.storedFiles().allSatisfy { $0.hasPrefix("staging/") })
        }
        machine.hub.clearFaults()
        let last = try await machine.run("model", "download", "org/tiny:Q4_K_M")
        #expect(last.status == 0, "\(last.errors)")
        #expect(try await machine.run("model", "verify").status == 0)
        let fetched = machine.payloadRequests.reduce(0) { $0 + $1.payloadBytes }
        // A stalled answer's bytes may be in the sockets' buffers, which the kill throws away: 8 MiB a kill at most.
        #expect(fetched <= size + 3 * (8 << 20))
        #expect(machine.payloadRequests.dropFirst().contains { $0.headers["range"] != nil })
    }

    @Test("what a kill between publish and catalog left complete is in the catalog after the next start")
    func adopted() async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        machine.hub.setFault(Fault(.stall(after: 1000), times: 1), on: "/cdn/")
        let program = try machine.start(["model", "download", "org/tiny:Q4_K_M", "--json"])
        _ = try await machine.hub.request { $0.origin == .cdn && $0.isStalled }
        let lock = try CatalogLock(machine.store.appending("catalog.sqlite"))
        machine.hub.releaseStalls()
        #expect(await program.prints("\"event\":\"published\""))
        program.send(SIGKILL)
        _ = try await program.outcome()
        try lock.release()
        let list = try await machine.run("model", "list", "--json")
        #expect(list.output.contains("hf:org/tiny:Q4_K_M"), "\(list.errors)")
        #expect(try await machine.run("model", "verify").status == 0)
    }

    @Test("corrupted answers are refused with 65 and nothing is published")
    func corrupted() async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        machine.hub.setFault(Fault(.corrupt(at: 4000)), on: "/cdn/")
        let outcome = try await machine.run("model", "download", "org/tiny:Q4_K_M")
        #expect(outcome.status == 65, "\(outcome.errors)")
        #expect(outcome.errors.contains("tiny-Q4_K_M.gguf"))
        #expect(try machine.storedFiles().allSatisfy { $0.hasPrefix("staging/") })
        #expect(try await machine.run("model", "list", "--json").output == "[]\n")
    }

    @Test("the token reaches the hub alone: no second origin, file, log or argument list")
    func tokenStays() async throws {
        let token = "hf_canary0123456789"
        let machine = try Installation(TestHubOptions(token: token))
        try machine.hub.addModel(
            "org/private", files: [Installation.gguf("tiny-Q4_K_M.gguf", .q4KM)],
            traits: ModelTraits(isPrivate: true))
        let refused = try await machine.run("model", "download", "org/private:Q4_K_M")
        #expect(refused.status == 66)
        #expect(refused.errors.contains("HF_TOKEN"))

        machine.hub.setFault(Fault(.stall(after: 1000), times: 1), on: "/cdn/")
        let program = try machine.start(
            ["model", "download", "org/private:Q4_K_M"], environment: ["HF_TOKEN": token, "RBEE_LOG": "trace"])
        _ = try await machine.hub.request { $0.origin == .cdn && $0.isStalled }
        let arguments = try String(contentsOfFile: "/proc/\(program.pid)/cmdline", encoding: .utf8)
        #expect(!arguments.contains(token))
        machine.hub.releaseStalls()
        let outcome = try await program.outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(machine.hub.requests.contains { $0.origin == .hub && $0.headers["authorization"] == "Bearer \(token)" })
        #expect(!machine.hub.requests.contains { $0.origin == .cdn && "\($0.headers)\($0.target)".contains(token) })
        #expect(!outcome.output.contains(token) && !outcome.errors.contains(token))
        #expect(try machine.filesContaining(token) == [])
    }

    @Test("Ctrl-C leaves a partial that the next run goes on from, and says so")
    func interrupted() async throws {
        let machine = try Installation()
        try machine.addTinyModel(megabytes: 24)
        // More than sockets hold, so that the program has some of it.
        machine.hub.setFault(Fault(.stall(after: 16 << 20), times: 1), on: "/cdn/")
        let program = try machine.start(["model", "download", "org/tiny:Q4_K_M"])
        _ = try await machine.hub.request { $0.origin == .cdn && $0.isStalled }
        // `timeout` sends its signal to the program and to all of its group: that is one wish.
        for _ in 1...2 { program.send(SIGINT) }
        let outcome = try await program.outcome()
        #expect(outcome.status == 130)
        #expect(outcome.errors.contains("goes on from there"))
        machine.hub.releaseStalls()
        #expect(try await machine.run("model", "download", "org/tiny:Q4_K_M").status == 0)
        #expect(machine.payloadRequests.last?.headers["range"] != nil)
    }

    @Test("ids that differ by a dash's place are two models, and both are found")
    func idsDiffer() async throws {
        let machine = try Installation()
        try machine.addTinyModel("a/b-c", seed: 1)
        try machine.addTinyModel("a-b/c", seed: 9)
        let outcome = try await machine.run("model", "download", "a/b-c:Q4_K_M", "a-b/c:Q4_K_M")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let first = try await machine.run("model", "path", "a/b-c").output
        let second = try await machine.run("model", "path", "a-b/c").output
        #expect(first != second)
        #expect(try await machine.run("model", "verify").status == 0)
    }

    static let refusals: [(arguments: String, status: Int32)] = [
        ("model remove ../..", 64), ("model download -- -x/y", 64), ("model download nobody:org/name", 64),
        ("model download org/tiny:Q9_9", 66), ("model download org/absent:Q4_K_M", 66),
        ("model show org/absent", 66), ("model download org/tiny@main:Q4_K_M --revision main", 64),
        ("model download org/tiny@no-such-branch:Q4_K_M", 66), ("worker build gpu", 64),
        ("worker build cpu --worker absent", 64), ("worker show ../../etc", 64),
    ]

    @Test("arguments that are no reference, or name nothing, end with their exit code", arguments: refusals)
    func exitCodes(arguments: String, status: Int32) async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        let outcome = try await machine.start(arguments.split(separator: " ").map(String.init)).outcome()
        #expect(outcome.status == status, "\(outcome.errors)")
        #expect(!outcome.errors.isEmpty)
        #expect(outcome.output == "")
    }
}
