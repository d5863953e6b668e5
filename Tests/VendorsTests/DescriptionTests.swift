import ArtifactTypes
import Logging
import Provisioning
import SystemPackage
import TestSupport
import Testing

@testable import Vendors

@Suite("a vendor is shown with where each value was said")
struct DescriptionTests {
    private func setting(_ key: String, _ vendor: VendorDescription) throws -> VendorDescription.Setting {
        try #require(vendor.settings.first { $0.key == key }, "\(key)")
    }

    @Test("a value has its line, and what nobody said is a default")
    func places() throws {
        let folders = try Folders([
            [
                "corp.toml": """
                name = "corp"
                module = "huggingface"
                trust = { organizations = ["corp", "lab"] }

                [huggingface]
                endpoint = "https://hub.corp.example"
                token = { env = "CORP_TOKEN" }
                mirrors = [
                  "https://hub2.corp.example",
                  { url = "https://hub3.corp.example", token = { command = ["pass", "s3cret"] } },
                ]
                """
            ]
        ])
        let vendor = try folders.load().describe("corp")
        let file = try #require(vendor.file)
        #expect(vendor.state == "ok" && vendor.replaces == [])
        #expect(try setting("huggingface.endpoint", vendor).value == "https://hub.corp.example")
        #expect(try setting("huggingface.endpoint", vendor).origin == .file(file, line: 6))
        #expect(try setting("huggingface.mirrors[1].url", vendor).origin == .file(file, line: 10))
        #expect(try setting("trust.organizations", vendor).value == "corp, lab")
        #expect(try setting("priority", vendor).origin == .standard)
        #expect(try setting("priority", vendor).value == "50")
        let token = try setting("huggingface.token", vendor)
        #expect(token.isSecret && token.value == "environment variable CORP_TOKEN (not set)")
        let mirror = try setting("huggingface.mirrors[1].token", vendor)
        #expect(mirror.isSecret && mirror.value == "command pass")
        #expect(!vendor.settings.contains { $0.value?.contains("s3cret") ?? false })
    }

    @Test("what a file stands in the place of is named, and a broken file is an error with its place")
    func replaced() throws {
        let folders = try Folders([
            ["a.toml": "name = \"corp\"\nmodule = \"huggingface\"", "b.toml": "name = \"x\"\nmodul = 1"],
            ["a.toml": "name = \"corp\"\nmodule = \"huggingface\"\npriority = 7"],
        ])
        let vendor = try folders.load().describe("corp")
        #expect(vendor.replaces == [folders.paths[0].appending("a.toml").string])
        #expect(try setting("priority", vendor).value == "7")
        #expect { try folders.load().describe("x") } throws: { error in
            let error = error as? ProvisionError
            return error?.code == .configuration && error?.message.contains("b.toml:2:1") ?? false
        }
        #expect(throws: ProvisionError.self) { try folders.load().describe("nobody") }
    }
}
