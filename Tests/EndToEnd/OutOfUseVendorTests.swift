import ArtifactTypes
import Foundation
import TestHub
import TestSupport
import Testing

/// A server whose releases must be signed, while the file that says so is broken, disabled, or got round.
@Suite struct OutOfUseVendorTests {
    private let machine: Installation
    private let url: String
    private let text: String

    init() throws {
        machine = try Installation()
        url = try machine.hub.addRelease(
            "1.0/tool-1.0.0-linux-\(HostPlatform.current.arch)-cpu.tar.gz", .bytes(machine.makeToolArchive()))
        text = """
            name = "rel"
            module = "tarball"

            [tarball]
            origin = "\(machine.hub.hub)"
            signers = "\(try SigningKeys(in: machine.folder).signers)"

            """
    }

    private func install(_ reference: String) async throws -> Outcome {
        try await machine.run("worker", "install", reference)
    }

    @Test("a file that is broken or disabled does not open the way to a vendor that asks for no signature")
    func refused() async throws {
        try machine.addVendor("rel.toml", text)
        #expect(try await install(url).status == 65)
        let rest = url.dropFirst("http://".count)
        let port = rest.split(separator: "/")[0].split(separator: ":")[1]
        for spelling in ["HTTP://\(rest)", url.replacing(":\(port)/", with: ".:0\(port)/")] {
            #expect(try await install(spelling).status == 65, "\(spelling)")
        }
        #expect(try await install("http://me@\(rest)").status == 64)

        try machine.addVendor("rel.toml", text + "mirors = []\n")
        let broken = try await install(url)
        #expect(broken.status == 78 && broken.errors.contains("rel.toml:7:1"), "\(broken.errors)")

        try machine.addVendor("rel.toml", text)
        #expect(try await machine.run("vendor", "disable", "rel").status == 0)
        let disabled = try await install(url)
        #expect(disabled.status == 78 && disabled.errors.contains("vendor enable rel"), "\(disabled.errors)")
        #expect(try await machine.run("worker", "list", "--json").output == "[]\n")
    }

    @Test("where it cannot be told what a broken file says, whoever takes its URLs is named")
    func warned() async throws {
        try machine.addVendor(
            "rel.toml", "name = \"rel\"\nmodule = \"tarball\"\n[tarball]\norigin = \"\(machine.hub.hub)\n")
        let outcome = try await install(url)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("rel.toml:4") && outcome.errors.contains("vendor tarball"), "\(outcome.errors)")
    }

    @Test(
        "registries too: by a mistake, disabled, and by another spelling of the host",
        arguments: ["x = 1", "enabled = false"])
    func registry(_ line: String) async throws {
        let host = machine.hub.hub.dropFirst("http://".count)
        try machine.addVendor(
            "reg.toml", "name = \"reg\"\nmodule = \"oci\"\n\(line)\n[oci]\nregistry = \"\(machine.hub.hub)\"\n")
        for reference in ["oci://\(host)/team/model:1", "OCI://\(host.replacing(":", with: ".:"))/team/model:1"] {
            let outcome = try await machine.run("model", "download", reference)
            #expect(outcome.status == 78 && outcome.errors.contains("reg.toml"), "\(outcome.errors)")
        }
        #expect(machine.hub.requests.isEmpty)
    }
}
