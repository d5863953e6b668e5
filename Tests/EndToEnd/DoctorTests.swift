import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// `doctor` on machines of several kinds, made of stand-ins in PATH.
@Suite(.timeLimit(.minutes(1)))
struct DoctorTests {
    /// A folder of programs that say what they are told to.
    private func programs(_ machine: Installation, _ scripts: [String: String]) throws -> String {
        for (name, script) in scripts {
            let file = try machine.folder.write(Array("#!/bin/sh\n\(script)\n".utf8), to: "programs/\(name)")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.string)
        }
        return machine.folder.path.appending("programs").string
    }

    private func finding(_ name: String, in list: JSONValue?) -> JSONValue? {
        list?.arrayValue?.first { $0["name"] == .string(name) }
    }

    @Test("a machine that can build says so, with versions, and why the other variants cannot be built")
    func sound() async throws {
        let machine = try Installation()
        try machine.addWorkerVendor(url: "https://example.invalid/worker.git")
        let outcome = try await machine.run(
            "doctor", "--json", environment: ["PATH": "/usr/bin:/bin", "HF_TOKEN": "doctor-canary-5"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let diagnosis = try outcome.json()
        for (name, part) in [("libcurl", "libcurl/"), ("libgit2", "1."), ("libarchive", "zlib"), ("sqlite", "3.")] {
            let library = finding(name, in: diagnosis["libraries"])
            #expect(library?["detail"]?.stringValue?.contains(part) == true, "\(name)")
        }
        #expect(finding("gcc", in: diagnosis["tools"])?["detail"]?.stringValue?.contains("/usr/bin/gcc") == true)
        #expect(finding("hipcc", in: diagnosis["tools"])?["remedy"]?.stringValue?.contains("install hipcc") == true)
        #expect(diagnosis["sandbox"]?["state"] == .string("ok"))
        #expect(finding("HF_TOKEN", in: diagnosis["credentials"])?["state"] == .string("ok"))
        #expect(!outcome.output.contains("doctor-canary-5"))
        #expect(finding("demo", in: diagnosis["vendors"])?["state"] == .string("ok"))
        let workers = diagnosis["workers"]?.arrayValue?.filter { $0["worker"] == .string("demo-worker") } ?? []
        #expect(workers.map { $0["isBuildable"] } == [.bool(true), .bool(false)])
        #expect(workers.last?["reason"]?.stringValue?.contains("nvcc") == true)

        let text = try await machine.run("doctor").output
        #expect(text.contains("\n  ok       demo-worker cpu"), "\(text)")
        #expect(machine.hub.requests.isEmpty)
    }

    @Test("GPUs are told with their driver, as nvidia-smi has them; one that fails is told too")
    func accelerators() async throws {
        let machine = try Installation()
        let line = "echo 'NVIDIA H100 80GB HBM3, 550.54.15, 81559, 9.0'"
        let folder = try programs(machine, ["nvidia-smi": line])
        let path = ["PATH": "\(folder):/usr/bin:/bin"]
        let diagnosis = try await machine.run("doctor", "--json", environment: path).json()
        let device = diagnosis["accelerators"]?.arrayValue?.first
        #expect(device?["name"] == .string("NVIDIA H100 80GB HBM3"))
        #expect(device?["driver"] == .string("550.54.15"))
        #expect(device?["memory"] == .integer(81559 << 20))
        #expect(device?["computeCapability"] == .string("9.0"))

        _ = try programs(machine, ["nvidia-smi": "echo 'NVIDIA-SMI has failed: no driver'; exit 9"])
        let broken = try await machine.run("doctor", environment: path)
        #expect(broken.output.contains("NVIDIA-SMI has failed: no driver"), "\(broken.output)")
    }

    @Test("a broken vendors.d file and a missing sandbox are 78; no variant that can be built is 69")
    func problems() async throws {
        let broken = try Installation()
        try broken.addVendor("x.toml", "name = \"x\"\nmodule = \"git\"\nurll = 1\n")
        let file = try await broken.run("doctor")
        #expect(file.status == 78 && file.errors.contains("urll"), "\(file.errors)")
        #expect(file.output.contains("libraries"), "all of it is told before")

        let open = try Installation()
        let folder = try programs(open, ["cc": "exit 0"])
        let outcome = try await open.run("doctor", environment: ["PATH": folder])
        #expect(outcome.status == 78 && outcome.errors.contains("bubblewrap"), "\(outcome.errors)")

        let poor = try Installation()
        try poor.addWorkerVendor(url: "https://example.invalid/w.git", requires: "{ all = [\"no-such-compiler\"] }")
        let nothing = try await poor.run("doctor", environment: ["PATH": "/usr/bin:/bin"])
        #expect(nothing.status == 69 && nothing.errors.contains("no-such-compiler"), "\(nothing.errors)")
    }
}
