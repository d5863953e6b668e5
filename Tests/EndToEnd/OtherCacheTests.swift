import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// What other programs of the machine have fetched already is copied from them.
@Suite struct OtherCacheTests {
    private func content(_ file: TestFile) throws -> [UInt8] {
        guard case .bytes(let bytes) = file.body else { throw Errno.invalidArgument }
        return bytes
    }

    /// The SHA-256 of the only file of a reference, as the hub lists it.
    private func digest(_ reference: String, on machine: Installation) async throws -> String {
        let files = try await machine.plannedFiles(reference)
        let digest = try #require(files.first?["digest"]?.stringValue)
        return String(digest.dropFirst("sha256:".count))
    }

    @Test(
        "a file in the Hugging Face cache is not fetched, and the cache stays as it was",
        arguments: ["HF_HUB_CACHE", "HF_HOME", "HOME"])
    func huggingFace(variable: String) async throws {
        let machine = try Installation()
        let file = try machine.addTinyModel()[0]
        let hex = try await digest("org/tiny:Q4_K_M", on: machine)
        let (value, hub) =
            switch variable {
            case "HF_HUB_CACHE": ("other", "other")
            case "HF_HOME": ("other", "other/hub")
            default: ("home", "home/.cache/huggingface/hub")
            }
        // Another repository's name: it is the content that counts.
        let repository = "\(hub)/models--someone--else"
        try machine.folder.write(try content(file), to: "\(repository)/blobs/\(hex)")
        let snapshot = machine.folder.path.appending("\(repository)/snapshots/abc")
        try FileManager.default.createDirectory(atPath: snapshot.string, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: snapshot.appending(file.path).string, withDestinationPath: "../../blobs/\(hex)")
        let before = try FolderSnapshot(machine.folder.path.appending(hub))

        let outcome = try await machine.run(
            "model", "download", "org/tiny:Q4_K_M",
            environment: [variable: machine.folder.path.appending(value).string])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("copied from the Hugging Face cache"))
        #expect(machine.payloadRequests.isEmpty)
        #expect(try FolderSnapshot(machine.folder.path.appending(hub)) == before)
        #expect(try await machine.run("model", "verify").status == 0)
        let shown = try await machine.run("model", "show", "org/tiny", "--json").json()
        #expect(shown["verified"] == .bool(true))
        #expect(shown["source"] == .string("HuggingFace"))
    }

    @Test("a blob of Ollama's store is not fetched, and the store stays as it was")
    func ollama() async throws {
        let machine = try Installation()
        let file = try machine.addTinyModel()[0]
        let hex = try await digest("org/tiny:Q4_K_M", on: machine)
        try machine.folder.write(try content(file), to: "ollama/blobs/sha256-\(hex)")
        let before = try FolderSnapshot(machine.folder.path.appending("ollama"))
        let environment = ["OLLAMA_MODELS": machine.folder.path.appending("ollama").string]
        let plan = try await machine.run(
            "model", "download", "org/tiny:Q4_K_M", "--dry-run", "--json", environment: environment
        ).json()
        #expect(plan["facts"]?["copied"] == .integer(file.body.size))
        #expect(plan["facts"]?["present"] == .integer(file.body.size))
        machine.hub.forgetRequests()
        let outcome = try await machine.run("model", "download", "org/tiny:Q4_K_M", environment: environment)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(!outcome.errors.contains("to fetch"), "\(outcome.errors)")
        #expect(outcome.errors.contains(" to copy"))
        #expect(outcome.errors.contains("copied from Ollama's store"))
        #expect(machine.payloadRequests.isEmpty)
        #expect(try FolderSnapshot(machine.folder.path.appending("ollama")) == before)
        #expect(try await machine.run("model", "verify").status == 0)
    }

    @Test("small files are found by their git id, so that a whole repository costs no payload")
    func gitIDs() async throws {
        let machine = try Installation()
        let config = TestFile("config.json", text: #"{"model_type":"llama"}"#)
        let weights = TestFile("model.safetensors", .bytes(SafetensorsFile.bytes()))
        try machine.hub.addModel("org/whole", files: [config, weights])
        let listing = try await machine.plannedFiles("org/whole")
        for file in [config, weights] {
            let listed = try #require(listing.first { $0["path"] == .string(file.path) })
            let name = try #require(listed["digest"]?.stringValue?.split(separator: ":").last)
            try machine.folder.write(try content(file), to: "hub/models--org--whole/blobs/\(name)")
        }
        let outcome = try await machine.run(
            "model", "download", "org/whole",
            environment: ["HF_HUB_CACHE": machine.folder.path.appending("hub").string])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(machine.payloadRequests.isEmpty)
        #expect(!machine.hub.requests.contains { $0.target.contains("/resolve/") })
        #expect(try await machine.run("model", "verify").status == 0)
    }

    @Test("a file of the right name and size with other bytes, and one of another size, are passed over and left alone")
    func corrupt() async throws {
        let machine = try Installation()
        let file = try machine.addTinyModel()[0]
        let hex = try await digest("org/tiny:Q4_K_M", on: machine)
        var bytes = try content(file)
        bytes[5000] ^= 1
        try machine.folder.write(bytes, to: "hub/models--org--tiny/blobs/\(hex)")
        try machine.folder.write([1, 2, 3], to: "ollama/blobs/sha256-\(hex)")
        let before = try FolderSnapshot(machine.folder.path.appending("hub"))
        let outcome = try await machine.run(
            "model", "download", "org/tiny:Q4_K_M",
            environment: [
                "HF_HUB_CACHE": machine.folder.path.appending("hub").string,
                "OLLAMA_MODELS": machine.folder.path.appending("ollama").string,
            ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("passed over the copy in the Hugging Face cache"))
        #expect(!outcome.errors.contains("Ollama"))
        #expect(machine.payloadRequests.count == 1)
        #expect(try FolderSnapshot(machine.folder.path.appending("hub")) == before)
        #expect(try await machine.run("model", "verify").status == 0)
        #expect(try machine.storedFiles().allSatisfy { !$0.hasPrefix("staging/") })
    }

    @Test("--force fetches, whatever other programs have")
    func forced() async throws {
        let machine = try Installation()
        let file = try machine.addTinyModel()[0]
        let hex = try await digest("org/tiny:Q4_K_M", on: machine)
        try machine.folder.write(try content(file), to: "home/.ollama/models/blobs/sha256-\(hex)")
        #expect(try await machine.run("model", "download", "org/tiny:Q4_K_M", "--force").status == 0)
        #expect(machine.payloadRequests.count == 1)
    }

    @Test(
        "where the file system can share extents, a copy from another cache takes no room, and none is asked for",
        .enabled(if: !ImageFileSystem.sharing.isEmpty, "mounts an image: root and loop devices"),
        arguments: ImageFileSystem.sharing)
    func shared(make: [String]) async throws {
        let disk = try MountedDisk(image: make, megabytes: 320)
        defer { disk.unmount() }
        let machine = try Installation(disk: disk.path)
        let file = try machine.addTinyModel(megabytes: 24)[0]
        let hex = try await digest("org/tiny:Q4_K_M", on: machine)
        let blobs = disk.path.appending("hub/models--org--tiny/blobs")
        try FileManager.default.createDirectory(atPath: blobs.string, withIntermediateDirectories: true)
        try Data(try content(file)).write(to: URL(fileURLWithPath: blobs.appending(hex).string))
        // What is left would not hold a second one.
        let filler = disk.path.appending("filler")
        try machine.shell(["fallocate", "--length", "\(try freeBytes(disk.path) - 20 << 20)", filler.string])
        sync()
        let before = try FolderSnapshot(disk.path.appending("hub"))
        let free = try freeBytes(disk.path)
        let outcome = try await machine.run(
            "model", "download", "org/tiny:Q4_K_M", environment: ["HF_HUB_CACHE": disk.path.appending("hub").string])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(machine.payloadRequests.isEmpty)
        sync()
        #expect(try free - freeBytes(disk.path) < 8 << 20)
        #expect(try FolderSnapshot(disk.path.appending("hub")) == before)
        #expect(try await machine.run("model", "verify").status == 0)
    }

    private func freeBytes(_ path: FilePath) throws -> Int64 {
        let attributes = try FileManager.default.attributesOfFileSystem(forPath: path.string)
        return try #require((attributes[.systemFreeSize] as? NSNumber)?.int64Value)
    }
}
