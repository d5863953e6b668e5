import ArtifactTypes
import Logging
import Provisioning
import Testing

@testable import OCIVendor

@Suite("references to registries")
struct ReferenceTests {
    private static let hex = String(repeating: "a1", count: 32)

    private func settings(_ options: [String: VendorOptions.Value] = [:], name: String = "oci") throws -> OCISettings {
        try OCISettings(
            VendorConfiguration(name: name, module: "oci", provides: [.model], options: VendorOptions(options)))
    }

    private func ollama() throws -> OCISettings {
        try settings(
            ["registry": .string("https://registry.ollama.ai"), "namespace": .string("library")], name: "ollama")
    }

    @Test(
        "name a registry, a repository, and a tag or digest",
        arguments: [
            ("oci://ghcr.io/org/name:v1", "https://ghcr.io/v2/org/name/manifests/v1", "oci://ghcr.io/org/name:v1"),
            ("oci://ghcr.io/org/name", "https://ghcr.io/v2/org/name/manifests/latest", "oci://ghcr.io/org/name:latest"),
            (
                "oci://127.0.0.1:5000/a/b/c:x_1", "http://127.0.0.1:5000/v2/a/b/c/manifests/x_1",
                "oci://127.0.0.1:5000/a/b/c:x_1"
            ),
            ("oci://localhost/n:t", "http://localhost/v2/n/manifests/t", "oci://localhost/n:t"),
            ("oci://10.0.0.1:5000/n:t", "https://10.0.0.1:5000/v2/n/manifests/t", "oci://10.0.0.1:5000/n:t"),
            (
                "oci://docker.io/ai/smollm2:360M", "https://registry-1.docker.io/v2/ai/smollm2/manifests/360M",
                "oci://docker.io/ai/smollm2:360M"
            ),
            (
                "oci://docker.io/busybox", "https://registry-1.docker.io/v2/library/busybox/manifests/latest",
                "oci://docker.io/busybox:latest"
            ),
            (
                "oci://index.docker.io/library/bash:1", "https://registry-1.docker.io/v2/library/bash/manifests/1",
                "oci://docker.io/bash:1"
            ),
            (
                "oci://ghcr.io/o/n@sha256:\(hex)", "https://ghcr.io/v2/o/n/manifests/sha256:\(hex)",
                "oci://ghcr.io/o/n@sha256:\(hex)"
            ),
            (
                "oci://ghcr.io/o/n:v1@sha256:\(hex)", "https://ghcr.io/v2/o/n/manifests/sha256:\(hex)",
                "oci://ghcr.io/o/n:v1@sha256:\(hex)"
            ),
        ])
    func urls(_ text: String, _ url: String, _ canonical: String) throws {
        let asked = try OCIReference(ArtifactReference(parsing: text), settings())
        #expect(asked.server.manifestURL(asked.repository, asked.asked) == url)
        #expect(asked.canonical.description == canonical)
        #expect(try OCIReference(asked.canonical, settings()).canonical == asked.canonical)
    }

    @Test(
        "of Ollama have a default namespace and a default tag",
        arguments: [
            ("ollama:llama3.2", "library/llama3.2/manifests/latest", "ollama:llama3.2:latest"),
            ("ollama:llama3.2:1b", "library/llama3.2/manifests/1b", "ollama:llama3.2:1b"),
            ("ollama:library/llama3.2:1b", "library/llama3.2/manifests/1b", "ollama:llama3.2:1b"),
            ("oci://registry.ollama.ai/library/n:1", "library/n/manifests/1", "ollama:n:1"),
            ("oci://registry.ollama.ai/n:1", "n/manifests/1", "oci://registry.ollama.ai/n:1"),
            ("oci://Registry.Ollama.ai/me/n", "me/n/manifests/latest", "ollama:me/n:latest"),
            ("ollama:me/mine:Q4", "me/mine/manifests/Q4", "ollama:me/mine:Q4"),
            ("ollama:n@sha256:\(hex)", "library/n/manifests/sha256:\(hex)", "ollama:n@sha256:\(hex)"),
            ("ollama:n:t@sha256:\(hex)", "library/n/manifests/sha256:\(hex)", "ollama:n:t@sha256:\(hex)"),
        ])
    func names(_ text: String, _ path: String, _ canonical: String) throws {
        let asked = try OCIReference(ArtifactReference(parsing: text), ollama())
        #expect(asked.server.manifestURL(asked.repository, asked.asked) == "https://registry.ollama.ai/v2/\(path)")
        #expect(asked.canonical.description == canonical)
        #expect(try OCIReference(asked.canonical, ollama()).canonical == asked.canonical)
    }

    @Test(
        "a stored reference is pinned by its digest", arguments: ["ollama:n:t", "ollama:n", "ollama:n@sha256:\(hex)"])
    func pinned(_ text: String) throws {
        var reference = try OCIReference(ArtifactReference(parsing: text), ollama()).canonical
        reference.revision = "sha256:\(Self.hex)"
        #expect(try OCIReference(reference, ollama()).asked == "sha256:\(Self.hex)")
    }

    @Test(
        "that are none are refused with the reason",
        arguments: [
            "oci://ghcr.io/", "oci://ghcr.io//n", "oci://ghcr.io/n:", "oci://ghcr.io/n:-x", "oci://ghcr.io/n@sha256:12",
            "oci://ghcr.io/n@v1", "oci://ghcr.io/n?x=1", "oci://ghcr.io/n%2e", "oci://me@ghcr.io/n",
            "oci://ghcr.io:0/n", "oci://ghcr.io:x/n", "oci://ghcr.io/n#tag=1", "oci://ghcr.io/.n", "oci://ghcr.io/n-",
            "oci://ghcr.io/" + String(repeating: "n", count: 256),
            "oci://ghcr.io/n:" + String(repeating: "t", count: 129),
            "oci://ghcr.io/n@git-sha1:" + String(repeating: "a", count: 40),
        ])
    func refused(_ text: String) throws {
        let error = #expect(throws: ProvisionError.self) {
            try OCIReference(ArtifactReference(parsing: text), settings())
        }
        #expect(error?.code == .invalid)
    }

    @Test("belong to the instance that has their registry")
    func forms() throws {
        let corp = try settings(["registry": .string("https://Registry.corp.example")], name: "corp")
        let texts = ["corp:team/model:v1", "oci://registry.corp.example/team/model:v1"]
        for text in texts {
            let reference = try ArtifactReference(parsing: text)
            #expect(corp.forms.contains { $0.matches(reference) }, "\(text)")
            #expect(try OCIReference(reference, corp).server.origin.description == "https://registry.corp.example")
        }
        let other = try ArtifactReference(parsing: "oci://ghcr.io/o/n")
        #expect(!corp.forms.contains { $0.matches(other) })
        #expect(try settings().forms.contains { $0.matches(other) })
    }

    @Test(
        "an instance that cannot be meant is refused",
        arguments: [
            ["registry": .string("registry.example")], ["registry": .string("https://r.example/path")],
            ["token": .secret(.environment("T"))], ["namespace": .string("n")],
            ["registry": .string("https://r.example"), "username": .string("u")],
            ["realms": .strings(["auth.example"])], ["timeout": .integer(0)],
        ] as [[String: VendorOptions.Value]])
    func configuration(_ options: [String: VendorOptions.Value]) throws {
        let error = #expect(throws: ProvisionError.self) { try settings(options) }
        #expect(error?.code == .configuration)
    }

    @Test("of Docker Hub never have less than two parts, whatever an instance's namespace is")
    func hub() throws {
        let corp = try settings(["registry": .string("https://docker.io"), "namespace": .string("ai")], name: "corp")
        let cases = [
            ("corp:smollm2", "ai/smollm2", "corp:smollm2:latest"),
            ("corp:library/n", "library/n", "corp:library/n:latest"),
            ("oci://docker.io/n", "library/n", "corp:library/n:latest"),
            ("oci://index.docker.io/ai/n:1", "ai/n", "corp:n:1"),
        ]
        for (text, repository, canonical) in cases {
            let asked = try OCIReference(ArtifactReference(parsing: text), corp)
            #expect(asked.repository == repository && asked.canonical.description == canonical)
            #expect(try OCIReference(asked.canonical, corp).repository == repository)
        }
    }

    @Test("have the spelling that their instance takes")
    func ownForms() throws {
        var configuration = VendorConfiguration(
            name: "corp", module: "oci", provides: [.model],
            options: VendorOptions(["registry": .string("https://r.example")]))
        let reference = try ArtifactReference(parsing: "oci://r.example/team/n:1")
        #expect(try OCIReference(reference, OCISettings(configuration)).canonical.description == "corp:team/n:1")
        configuration.forms = [ReferenceForm("oci://r.example/{path*}")].compactMap(\.self)
        #expect(try OCIReference(reference, OCISettings(configuration)).canonical == reference)
    }

    @Test(
        "are of an organization: the repository's first part at the instance's registry, the host at any other",
        arguments: [
            ("ollama:tiny:1b", "library"), ("ollama:me/tiny", "me"), ("oci://registry.ollama.ai/me/tiny", "me"),
            ("oci://registry.ollama.ai/library", nil), ("oci://evil.example:5000/library/tiny", "evil.example"),
        ])
    func organizations(_ text: String, _ organization: String?) throws {
        let services = ProvisionServices(
            http: HTTPService { (_) async throws(ProvisionError) -> HTTPResponse in
                throw ProvisionError(.unavailable, "no network in this test")
            }, secret: { _ in nil }, keptSources: KeptSources { _, _ in }, environment: [:],
            logger: Logger(label: "test"))
        let provisioner = OCIProvisioner(settings: try ollama(), services: services)
        #expect(provisioner.organization(of: try ArtifactReference(parsing: text)) == organization)
    }
}
