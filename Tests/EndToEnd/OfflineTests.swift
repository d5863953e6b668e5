import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

@Suite struct OfflineTests {
    @Test("offline, every spelling of a stored model is answered from the store, and nothing is asked")
    func answered() async throws {
        let machine = try Installation()
        let file = Installation.gguf("sub/tiny-UD-Q4_K_XL.gguf", .q4KM)
        try machine.hub.addModel("org/tiny", files: [file, TestFile("README.md", text: "# tiny\n")])
        try machine.hub.addModel("org/old", files: [TestFile("config.json", text: "{}")])
        machine.hub.renameModel("org/old", to: "org/new")
        let online = try await machine.run("model", "download", "org/tiny", "org/old", "org/old@main")
        #expect(online.status == 0, "\(online.errors)")
        #expect(online.output == "hf:org/tiny:UD-Q4_K_XL\nhf:org/old\nhf:org/old@main\n")
        #expect(online.errors.contains("org/old is org/new by now"))

        machine.hub.forgetRequests()
        for reference in ["org/tiny", "org/tiny:q4_k_xl", "hf://org/tiny:UD-Q4_K_XL", "org/old", "org/old@main"] {
            let again = try await machine.run("model", "download", reference, "--offline")
            #expect(again.status == 0, "\(reference): \(again.errors)")
        }
        let planned = try await machine.run("model", "download", "org/tiny", "--dry-run", "--offline", "--json").json()
        #expect(planned["facts"]?["present"] == .integer(file.body.size))
        #expect(machine.hub.requests.isEmpty)
    }

    @Test("offline, what is missing is said: a model, a revision, a file of a stored model")
    func missing() async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        #expect(try await machine.run("model", "download", "org/tiny:Q8_0").status == 0)
        machine.hub.forgetRequests()
        let offline = ["HF_HUB_OFFLINE": "1"]

        for reference in ["org/tiny:Q4_K_M", "org/tiny@refs/pr/3"] {
            let absent = try await machine.run("model", "download", reference, environment: offline)
            #expect(absent.status == 69)
            #expect(absent.errors.contains("hf:\(reference) is not stored"), "\(absent.errors)")
            #expect(absent.errors.contains("stored of it is hf:org/tiny:Q8_0"), "\(absent.errors)")
        }
        #expect(try await machine.run("model", "outdated", environment: offline).status == 69)
        #expect(
            try await machine.run("model", "download", "org/tiny:Q8_0", "--force", environment: offline).status == 64)

        let path = try await machine.run("model", "path", "org/tiny").output.trimmingCharacters(in: .newlines)
        for file in [path, try blob(of: machine)] { try FileManager.default.removeItem(atPath: file) }
        let damaged = try await machine.run("model", "download", "org/tiny", environment: offline)
        #expect(damaged.status == 69)
        #expect(damaged.errors.contains("tiny-Q8_0.gguf"), "\(damaged.errors)")
        #expect(try await machine.run("model", "verify", "--repair", environment: offline).status == 69)
        #expect(machine.hub.requests.isEmpty)
        #expect(try await machine.run("model", "download", "org/tiny:Q8_0").status == 0)
    }

    private func blob(of machine: Installation) throws -> String {
        let name = try machine.storedFiles().first { $0.hasPrefix("blobs/") }
        return machine.store.appending(try #require(name)).string
    }

    @Test("offline, a file of this machine is still imported")
    func localFile() async throws {
        let machine = try Installation()
        let file = Installation.gguf("tiny-Q8_0.gguf", .q80)
        guard case .bytes(let bytes) = file.body else { return }
        let path = try machine.folder.write(bytes, to: "tiny-Q8_0.gguf")
        let imported = try await machine.run("model", "download", "file:\(path)", "--offline")
        #expect(imported.status == 0, "\(imported.errors)")
        #expect(try await machine.run("model", "download", "file:\(path)", "--offline").status == 0)
        #expect(machine.hub.requests.isEmpty)
    }
}
