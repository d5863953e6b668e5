import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// What one run learns of a mirror, the next ones know.
@Suite struct MirrorHealthTests {
    let machine: Installation
    let mirror: TestHub

    init() throws {
        machine = try Installation()
        mirror = try TestHub.start()
    }

    private func forget() throws {
        let notes = machine.store.appending("mirrors").string
        for name in try FileManager.default.contentsOfDirectory(atPath: notes) {
            try FileManager.default.removeItem(atPath: "\(notes)/\(name)")
        }
    }

    private var payloadRequests: Int { mirror.requests.count { $0.path.contains("/resolve/") } }

    @Test("a hub's mirror that delivered wrong bytes is tried last by the next process, until that is forgotten")
    func hub() async throws {
        for (number, name) in ["one", "two", "three"].enumerated() {
            let file = Installation.gguf("tiny-Q4_K_M.gguf", .q4KM, seed: UInt64(number))
            for hub in [machine.hub, mirror] { try hub.addModel("org/\(name)", files: [file]) }
        }
        try machine.addVendor(
            "hf.toml",
            """
            name = "hf"
            module = "huggingface"
            [huggingface]
            endpoint = "\(machine.hub.hub)"
            mirrors = ["\(mirror.hub)"]
            """)
        mirror.setFault(Fault(.corrupt(at: 1 << 19)), on: "/cdn/")
        let first = try await machine.run("model", "download", "org/one:Q4_K_M")
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.errors.ranges(of: "passed over \(mirror.hub)").count == 1, "\(first.errors)")
        #expect(payloadRequests > 0)
        let doctor = try await machine.run("doctor")
        #expect(doctor.output.contains("\(mirror.hub)") && doctor.output.contains("tried last for"), "\(doctor.output)")

        mirror.clearFaults()
        mirror.forgetRequests()
        #expect(try await machine.run("model", "download", "org/two:Q4_K_M").status == 0)
        #expect(payloadRequests == 0, "the mirror was asked before the endpoint")
        // It is the last resort still.
        machine.hub.setFault(.status(404), on: "/org/three/resolve/")
        let last = try await machine.run("model", "download", "org/three:Q4_K_M")
        #expect(last.status == 0, "\(last.errors)")
        #expect(payloadRequests > 0)

        machine.hub.clearFaults()
        mirror.forgetRequests()
        try forget()
        #expect(try await machine.run("model", "download", "org/two:Q4_K_M", "--force").status == 0)
        #expect(payloadRequests > 0)
        #expect(try await !machine.run("doctor").output.contains("tried last"))
    }

    @Test("a mirror of release archives that delivered wrong bytes is tried last by the next process")
    func archives() async throws {
        var references: [String] = []
        for number in 0..<2 {
            let body = Installation.gguf("m.gguf", .q4KM, seed: UInt64(number)).body
            let url = try machine.hub.addRelease("m\(number).gguf", body)
            try mirror.addRelease("m\(number).gguf", body)
            references.append("\(url)#sha256=\(try TestHub.sha256(of: body))")
        }
        try machine.addVendor(
            "tarball.toml",
            """
            name = "tarball"
            module = "tarball"
            [tarball]
            origin = "\(machine.hub.hub)"
            mirrors = ["\(mirror.hub)"]
            """)
        mirror.setFault(Fault(.corrupt(at: 1 << 19)), on: "/files/")
        let first = try await machine.run("model", "download", references[0])
        #expect(first.status == 0, "\(first.errors)")
        #expect(!mirror.requests.isEmpty)
        mirror.clearFaults()
        mirror.forgetRequests()
        #expect(try await machine.run("model", "download", references[1]).status == 0)
        #expect(mirror.requests.isEmpty)
    }

    @Test("a git mirror that is stale or dead is tried after the primary, whose word on the branch decides as before")
    func git() async throws {
        let primary = try machine.makeWorkerRepository()
        let stale = machine.folder.path.appending("stale")
        try machine.shell(["git", "clone", "--quiet", "--bare", primary.string, stale.string])
        try machine.commit(primary, "two")
        let url = machine.hub.addGit("primary", repository: primary.appending(".git"))
        let staleURL = mirror.addGit("stale", repository: stale)
        try machine.addWorkerVendor(url: url, mirrors: "\"http://127.0.0.1:1/dead.git\", \"\(staleURL)\",")
        let first = try await machine.run("worker", "build", "cpu")
        #expect(first.status == 0 && first.errors.contains("dead.git"), "\(first.errors)")
        #expect(!mirror.requests.isEmpty)

        mirror.forgetRequests()
        try machine.commit(primary, "three")
        let commit = try machine.git(primary, "rev-parse", "HEAD")
        let second = try await machine.run("worker", "build", "cpu")
        #expect(second.output == "demo-worker-cpu-\(commit.prefix(8))-linux\n", "\(second.errors)")
        #expect(!second.errors.contains("passed over"))
        #expect(mirror.requests.isEmpty)
    }
}
