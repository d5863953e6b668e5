import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// Models and workers of a real registry.
@Suite(.enabled(if: DockerRegistry.isHere, "wants docker-registry and skopeo"))
struct RegistryTests {
    private let machine: Installation
    private let weights = GGUFWriter.sized(megabytes: 1, quantization: .q4KM, name: "Tiny", seed: 7).bytes()
    private static let gguf = "application/vnd.docker.ai.gguf.v3"

    init() throws {
        machine = try Installation()
    }

    private func push(_ bytes: [UInt8], to registry: DockerRegistry, tag: String = "v1") throws -> String {
        try registry.push(
            "team/tiny", tag: tag,
            [
                .init(type: Self.gguf, bytes: bytes),
                .init(type: "application/vnd.docker.ai.license", bytes: Array("MIT License\n".utf8)),
            ], on: machine)[0]
    }

    @Test("what skopeo pushed is downloaded, verified and described; twice costs no payload; a moved tag is followed")
    func pushed() async throws {
        let registry = try DockerRegistry()
        let hex = try push(weights, to: registry)
        let reference = "oci://\(registry.host)/team/tiny:v1"
        let first = try await machine.run("model", "download", reference)
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output == reference + "\n")
        let shown = try await machine.run("model", "show", reference, "--json").json()
        #expect(shown["verified"] == .bool(true))
        #expect(shown["digest"] == .string("sha256:\(hex)"))
        #expect(shown["config"]?["license"] == .string("MIT License"))
        #expect(shown["config"]?["architecture"] == .string("llama"))
        #expect(shown["path"]?.stringValue?.hasSuffix("/tiny-v1.gguf") == true)
        #expect(try await machine.run("model", "verify").status == 0)

        let before = registry.blobRequests
        #expect(try await machine.run("model", "download", reference).status == 0)
        let digest = try #require(shown["revision"]?.stringValue)
        #expect(registry.blobRequests == before)
        #expect(try await machine.run("model", "download", "oci://\(registry.host)/team/tiny@\(digest)").status == 0)
        // The same content is in the store; of the license, its first line is read.
        #expect(registry.blobRequests == before + 1)

        let other = GGUFWriter.sized(megabytes: 1, quantization: .q4KM, name: "Tiny", seed: 8).bytes()
        let moved = try push(other, to: registry)
        // A tag that has moved on is no hindrance to mending what it was.
        let path = try #require(shown["path"]?.stringValue)
        chmod(path, 0o644)
        let damaged = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try damaged.write(contentsOf: Data("damage".utf8))
        try damaged.close()
        let mended = try await machine.run("model", "verify", reference, "--repair")
        #expect(mended.status == 0, "\(mended.output)\(mended.errors)")
        let outdated = try await machine.run("model", "outdated")
        #expect((outdated.output + outdated.errors).contains(reference))
        #expect(try await machine.run("model", "download", reference).status == 0)
        let now = try await machine.run("model", "show", reference, "--json").json()
        #expect(now["digest"] == .string("sha256:\(moved)"))
    }

    @Test("a registry that wants a login takes that of docker login, which is then nowhere else")
    func login() async throws {
        let registry = try DockerRegistry(asksForLogin: true)
        _ = try push(weights, to: registry)
        let reference = "oci://\(registry.host)/team/tiny:v1"
        let refused = try await machine.run("model", "download", reference)
        #expect(refused.status == 77, "\(refused.errors)")
        #expect(refused.errors.contains("docker login \(registry.host)"))
        let auth = Data("\(DockerRegistry.user):\(DockerRegistry.password)".utf8).base64EncodedString()
        let configuration = Array(#"{"auths":{"\#(registry.host)":{"auth":"\#(auth)"}}}"#.utf8)
        chmod(try machine.folder.write(configuration, to: "home/.docker/config.json").string, 0o600)
        let outcome = try await machine.run("model", "download", reference, environment: ["RBEE_LOG": "trace"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        for secret in [DockerRegistry.password, auth] {
            #expect(try machine.filesContaining(secret).allSatisfy { $0.hasPrefix("home/.docker/") })
        }
    }

    @Test("a pull-through cache is a mirror: layers come from it, and what it has when the registry is down")
    func mirror() async throws {
        let registry = try DockerRegistry()
        let mirror = try DockerRegistry(of: registry)
        _ = try push(weights, to: registry)
        try machine.addVendor(
            "corp.toml",
            """
            name = "corp"
            module = "oci"
            [oci]
            registry = "http://\(registry.host)"
            mirrors = ["http://\(mirror.host)"]
            """)
        let first = try await machine.run("model", "download", "corp:team/tiny:v1")
        #expect(first.status == 0 && !first.errors.contains("passed over"), "\(first.errors)")
        #expect(mirror.blobRequests > 0)
        // It knows the tags that somebody has asked it for.
        let other = "oci://\(mirror.host)/team/tiny:v1"
        #expect(try await machine.run("model", "download", other, "--dry-run").status == 0)
        registry.stop()
        let again = try await machine.run("model", "download", "corp:team/tiny:v1", "--force")
        #expect(again.status == 0, "\(again.errors)")
        #expect(again.errors.contains("passed over http://\(registry.host): "), "\(again.errors)")
        let shown = try await machine.run("model", "show", "corp:team/tiny:v1", "--json").json()
        #expect(shown["verified"] == .bool(false))
        mirror.stop()
        let neither = try await machine.run("model", "download", "corp:team/tiny:v1", "--force")
        #expect(neither.status == 69 && neither.errors.contains("no mirror stands in"), "\(neither.errors)")
    }

    @Test("a layer that went bad in the registry is refused with 65 and nothing is published")
    func damaged() async throws {
        let registry = try DockerRegistry()
        try registry.damage(try push(weights, to: registry))
        let outcome = try await machine.run("model", "download", "oci://\(registry.host)/team/tiny:v1")
        #expect(outcome.status == 65, "\(outcome.errors)")
        #expect(outcome.errors.contains("tiny-v1.gguf"))
        #expect(try await machine.run("model", "list", "--json").output == "[]\n")
    }

    @Test("a worker is an archive or the program itself")
    func worker() async throws {
        let registry = try DockerRegistry()
        let repository = try machine.makeWorkerRepository()
        try machine.shell(["make", "-C", repository.string, "variant=cpu"])
        try machine.shell(["tar", "-C", repository.string, "-czf", "worker.tar.gz", "demo-worker-cpu"])
        let archive = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(machine.folder.path)/worker.tar.gz")))
        let program = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(repository)/demo-worker-cpu")))
        try registry.push(
            "team/demo-worker", tag: "1.2.0",
            [.init(type: "application/vnd.oci.image.layer.v1.tar+gzip", bytes: archive)],
            on: machine)
        try registry.push(
            "team/demo-worker", tag: "bare",
            [.init(type: "application/octet-stream", bytes: program, title: "demo-worker-1.3.0")], on: machine)
        for (tag, id) in [("1.2.0", "demo-worker-cpu-1.2.0-linux"), ("bare", "demo-worker-cpu-1.3.0-linux")] {
            let outcome = try await machine.run("worker", "install", "oci://\(registry.host)/team/demo-worker:\(tag)")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output == id + "\n")
            let path = try await machine.run("worker", "path", id).output.trimmingCharacters(in: .newlines)
            #expect(try machine.shell([path, "--version"]).contains("demo-worker"))
        }
    }
}
