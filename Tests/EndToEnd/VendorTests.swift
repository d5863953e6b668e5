import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import Testing

@Suite struct VendorTests {
    static let example = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        .appending("Plugins/Examples/example-hub")

    @Test("a vendor dropped in as a script downloads a model; without its file it is gone")
    func droppedIn() async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        for name in try FileManager.default.contentsOfDirectory(atPath: Self.example.string) {
            try FileManager.default.copyItem(
                atPath: Self.example.appending(name).string, toPath: machine.vendors.appending(name).string)
        }
        let environment = ["EXAMPLE_HUB": machine.hub.hub]
        let outcome = try await machine.run("model", "download", "example:org/tiny:Q8_0", environment: environment)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == "example:org/tiny:Q8_0\n")
        #expect(try await machine.run("model", "verify").status == 0)
        let shown = try await machine.run("model", "show", "example:org/tiny", "--json").json()
        #expect(shown["source"]?["Other"] == .string("example"))
        #expect(shown["verified"] == .bool(true))

        machine.hub.forgetRequests()
        for (selector, status) in [("Q8_0", Int32(0)), ("Q4_K_M", 69)] {
            let offline = try await machine.run(
                "model", "download", "example:org/tiny:\(selector)", "--offline", environment: environment)
            #expect(offline.status == status, "\(offline.errors)")
        }
        #expect(machine.hub.requests.isEmpty)

        try FileManager.default.removeItem(atPath: machine.vendors.appending("example.toml").string)
        #expect(try await machine.run("model", "download", "example:org/tiny:Q4_K_M").status == 64)
        #expect(try await machine.run("model", "path", "example:org/tiny").status == 0)
    }

    @Test("a typo in a vendors.d file is shown with its line, and the other vendors work")
    func typo() async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        try machine.addVendor(
            "corp.toml",
            """
            name = "corp"
            module = "huggingface"

            [huggingface]
            endpont = "\(machine.hub.hub)"
            """)
        let list = try await machine.run("vendor", "list")
        #expect(list.status == 0)
        #expect(list.errors.contains("corp.toml:5") && list.errors.contains("endpoint"))
        let json = try await machine.run("vendor", "list", "--json").json()
        let corp = json.arrayValue?.first { $0["name"] == .string("corp") }
        #expect(corp?["state"] == .string("error"))
        #expect(corp?["error"]?["line"] == .integer(5))
        #expect(corp?["error"]?["suggestion"] == .string("endpoint"))

        #expect(try await machine.run("model", "download", "corp:org/tiny:Q4_K_M").status == 78)
        #expect(try await machine.run("model", "download", "org/tiny:Q4_K_M").status == 0)
        #expect(try await machine.run("model", "list", "--strict-vendors").status == 78)
    }

    @Test("another instance of a module is a file")
    func namedMirror() async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        try machine.addVendor(
            "corp.toml",
            """
            name = "corp"
            module = "huggingface"
            provides = ["models"]

            [huggingface]
            endpoint = "\(machine.hub.hub)"
            """)
        let outcome = try await machine.run(
            "model", "download", "corp:org/tiny:Q4_K_M", environment: ["HF_ENDPOINT": "http://127.0.0.1:1"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == "corp:org/tiny:Q4_K_M\n")
        let explained = try await machine.run("vendor", "explain", "corp:org/tiny")
        #expect(explained.status == 0)
        #expect(explained.output.contains("corp"))
    }
}
