import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

@Suite struct ReleaseTests {
    private let machine: Installation
    private let archive: TestBody
    private static let arch = HostPlatform.current.arch

    init() throws {
        machine = try Installation(TestHubOptions(token: "forge-canary-9"))
        archive = .bytes(try machine.makeToolArchive())
        try machine.addVendor(
            "acme.toml",
            """
            name = "acme"
            module = "tarball"

            [tarball]
            forge = "github"
            origin = "\(machine.hub.hub)"
            token = { env = "ACME_TOKEN" }
            """)
    }

    private func assets(checksum: String, for variants: [String] = ["cpu"]) -> [ForgeAsset] {
        let names = variants.map { "tool-linux-\(Self.arch)-\($0).tar.gz" }
        let sums = names.map { "\(checksum)  \($0)\n" }.joined()
        return names.map { ForgeAsset($0, archive) } + [ForgeAsset("SHA256SUMS", .bytes(Array(sums.utf8)))]
    }

    private func install(_ reference: String, _ more: String...) async throws -> Outcome {
        let running = try machine.start(
            ["worker", "install", reference] + more, environment: ["ACME_TOKEN": "forge-canary-9"])
        return try await running.outcome()
    }

    @Test("latest by pattern: verified by the release's checksums, named by its tag, the token at its origin alone")
    func latest() async throws {
        let checksum = try TestHub.sha256(of: archive)
        for tag in ["v1.0.0", "v1.1.0"] {
            try machine.hub.addForgeRelease("acme/tool", tag: tag, assets: assets(checksum: checksum), isPrivate: true)
        }
        let outcome = try await install("acme:acme/tool@latest:tool-{os}-{arch}-*")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == "tool-cpu-1.1.0-linux\n")
        let shown = try await machine.run("worker", "show", "tool", "--json").json()
        #expect(shown["verified"] == .bool(true))
        #expect(
            shown["provenance"]?["repository"]
                == .string("acme:acme/tool@v1.1.0:tool-linux-\(Self.arch)-cpu.tar.gz"))
        let atCDN = machine.hub.requests.filter { $0.origin == .cdn }
        #expect(!atCDN.isEmpty)
        #expect(atCDN.allSatisfy { $0.headers["authorization"] == nil })
        #expect(try machine.filesContaining("forge-canary-9") == [])

        let older = try await install("acme:acme/tool@v1.0.0:tool-{os}-{arch}-{variant}*")
        #expect(older.output == "tool-cpu-1.0.0-linux\n", "\(older.errors)")
        let again = try await install("acme:acme/tool@latest:tool-*")
        #expect(again.output == "tool-cpu-1.1.0-linux\n", "\(again.errors)")
    }

    @Test("a bad checksum is refused with 65, a pattern that fits nothing with 66, and nothing is installed")
    func refused() async throws {
        try machine.hub.addForgeRelease(
            "acme/tool", tag: "v1.0.0", assets: assets(checksum: String(repeating: "0", count: 64)))
        let bad = try await install("acme:acme/tool@latest:tool-{os}-*")
        #expect(bad.status == 65, "\(bad.errors)")
        let none = try await install("acme:acme/tool@latest:tool-plan9-*")
        #expect(none.status == 66)
        #expect(none.errors.contains("tool-linux-\(Self.arch)-cpu.tar.gz"))
        #expect(try await machine.run("worker", "list", "--json").output == "[]\n")
        #expect(!FileManager.default.fileExists(atPath: machine.store.appending("workers/tool-cpu-1.0.0-linux").string))
    }

    @Test("an archive at a URL is refused with 65 where the checksums beside it are of another file")
    func besideURL() async throws {
        let name = "tool-1.0-linux-\(Self.arch)-cpu.tar.gz"
        let url = try machine.hub.addRelease("1.0/\(name)", archive)
        let wrong = "\(String(repeating: "0", count: 64))  \(name)\n"
        try machine.hub.addRelease("1.0/SHA256SUMS", .bytes(Array(wrong.utf8)))
        let bad = try await install(url)
        #expect(bad.status == 65, "\(bad.errors)")
        #expect(!bad.errors.contains("passed over"), "there is no other place: \(bad.errors)")
        #expect(try await machine.run("worker", "list", "--json").output == "[]\n")
        let right = "\(try TestHub.sha256(of: archive))  \(name)\n"
        try machine.hub.addRelease("1.0/SHA256SUMS", .bytes(Array(right.utf8)))
        let good = try await install(url)
        #expect(good.status == 0, "\(good.errors)")
        #expect(try await machine.run("worker", "show", "tool", "--json").json()["verified"] == .bool(true))
    }

    @Test("while the server fails, checksums that may stand beside a file are not taken to be absent")
    func checksumsOutOfReach() async throws {
        let url = try machine.hub.addRelease("1.0/tool-1.0-linux-\(Self.arch)-cpu.tar.gz", archive)
        machine.hub.setFault(.status(500), on: "/files/1.0/SHA256SUMS")
        let failed = try await install(url)
        #expect(failed.status == 69, "\(failed.errors)")
        let place = "\(machine.hub.hub)/files/1.0/SHA256SUMS"
        #expect(failed.errors.contains("whether checksums stand beside the file cannot be told: \(place): the server"))
        machine.hub.clearFaults()
        let unverified = try await install(url)
        #expect(unverified.status == 0 && unverified.errors.contains("nothing vouches for"), "\(unverified.errors)")
    }

    @Test(
        "a server that gives no checksums for too many requests is said to be left alone, and for how long",
        arguments: [429, 503])
    func checksumsLimited(status: Int) async throws {
        let name = "tool-1.0.0-linux-\(Self.arch)-cpu.tar.gz"
        let url = try machine.hub.addRelease("1.0/\(name)", archive)
        let sums = ForgeAsset("SHA256SUMS", .bytes(Array("\(try TestHub.sha256(of: archive))  \(name)\n".utf8)))
        try machine.hub.addForgeRelease("acme/tool", tag: "v1.0.0", assets: [ForgeAsset(name, archive), sums])
        for (prefix, reference, file) in [
            ("/files/1.0/SHA256SUMS", url, "SHA256SUMS"), ("/cdn/forge/", "acme:acme/tool@latest:tool-*", "SHA256SUMS"),
            ("/files/1.0/tool", "\(url)#sha256=\(try TestHub.sha256(of: archive))", name),
        ] {
            machine.hub.setFault(.status(status, retryAfter: "0"), on: prefix)
            let outcome = try await install(reference)
            #expect(outcome.status == 75, "\(outcome.errors)")
            #expect(outcome.errors.contains(file) && outcome.errors.contains("try again in 0 s"))
        }
        machine.hub.clearFaults()
        #expect(try await machine.run("worker", "list", "--json").output == "[]\n")
    }

    @Test("of an asset at its public address its release is asked, where no checksums of a usual name stand beside it")
    func publicAddress() async throws {
        let name = "tool-1.0.0-linux-\(Self.arch)-cpu.tar.gz"
        let sums = "\(try TestHub.sha256(of: archive))  \(name)\n"
        let list = ForgeAsset("tool_1.0.0_checksums.txt", .bytes(Array(sums.utf8)))
        for (tag, assets) in [
            ("v1", [ForgeAsset(name, archive, digest: .right)]), ("v2", [ForgeAsset(name, archive), list]),
        ] {
            try machine.hub.addForgeRelease("acme/tool", tag: tag, assets: assets)
            let url = "\(machine.hub.hub)/acme/tool/releases/download/\(tag)/\(name)"
            let installed = try await install(url, "--name", "tool-\(tag)")
            #expect(installed.status == 0, "\(installed.errors)")
            let shown = try await machine.run("worker", "show", "tool-\(tag)", "--json").json()
            #expect(shown["verified"] == .bool(true))
        }
        let latest = try await install("\(machine.hub.hub)/acme/tool/releases/latest/download/\(name)")
        #expect(latest.status == 0 && !latest.errors.contains("nothing vouches"), "\(latest.errors)")
        let wrong = ForgeAsset(name, archive, digest: .claimed("sha256:" + String(repeating: "0", count: 64)))
        try machine.hub.addForgeRelease("acme/tool", tag: "v3", assets: [wrong])
        let url = "\(machine.hub.hub)/acme/tool/releases/download/v3/\(name)"
        #expect(try await install(url).status == 65)
        // An API that takes no more requests is no reason not to install what nothing else vouches for.
        machine.hub.setFault(.status(403, retryAfter: "900"), on: "/api/v3/")
        let loose = try await install(url, "--name", "tool-v3")
        #expect(loose.status == 0 && loose.errors.contains("takes no more requests"), "\(loose.errors)")
        #expect(loose.errors.contains("nothing vouches for"), "\(loose.errors)")
    }

    @Test("one archive under several names at once comes to all of them")
    func atOnce() async throws {
        let name = "tool-1.0-linux-\(Self.arch)-cpu.tar.gz"
        let url = try machine.hub.addRelease("1.0/\(name)", archive) + "#sha256=\(try TestHub.sha256(of: archive))"
        let running = try (0..<6).map { try machine.start(["worker", "install", url, "--name", "tool\($0)"]) }
        for (number, one) in running.enumerated() {
            let outcome = try await one.outcome()
            #expect(outcome.status == 0, "\(number): \(outcome.errors)")
        }
    }

    @Test("what signs a URL is sent, and neither shown nor kept")
    func signedURL() async throws {
        let url = try machine.hub.addRelease("1.0/tool-1.0-linux-\(Self.arch)-cpu.tar.gz", archive)
        let outcome = try await install(url + "?token=url-canary-7", "--json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(machine.hub.requests.contains { $0.target.contains("token=url-canary-7") })
        #expect(!(outcome.output + outcome.errors).contains("url-canary-7"))
        #expect(try machine.filesContaining("url-canary-7").isEmpty)
        let refused = try await install("https://user:url-canary-7@127.0.0.1/x.tar.gz")
        #expect(refused.status == 64 && !refused.errors.contains("url-canary-7"), "\(refused.errors)")
    }

    @Test("one compressed file is a worker too", arguments: [["gzip", "-k"], ["zstd", "-q"]])
    func compressed(packer: [String]) async throws {
        let name = "tool_1.0.0_linux_\(Self.arch)"
        let file = try machine.folder.write(Array("#!/bin/sh\necho tool 1.0\n".utf8), to: name)
        try machine.shell(packer + [file.string])
        let suffix = packer[0] == "gzip" ? "gz" : "zst"
        let outcome = try await install("file:\(file).\(suffix)")
        #expect(outcome.output == "tool-cpu-1.0.0-linux\n", "\(outcome.errors)")
        let path = try await machine.run("worker", "path", "tool").output.dropLast()
        #expect(try machine.shell([String(path)]) == "tool 1.0")
    }

    @Test("too many requests end it, with the time to wait")
    func limit() async throws {
        let reset = String(Int(Date().timeIntervalSince1970) + 900)
        machine.hub.setFault(
            Fault(
                .answer(
                    status: 403, headers: ["x-ratelimit-remaining": "0", "x-ratelimit-reset": reset], body: [])),
            on: "/api/v3/")
        let outcome = try await install("acme:acme/tool@latest:tool-*")
        #expect(outcome.status == 75, "\(outcome.errors)")
        #expect(outcome.errors.contains("takes no more requests") && outcome.errors.contains("try again in "))
    }
}
