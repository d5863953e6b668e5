import ArtifactTypes
import Provisioning
import Synchronization
import TestHub
import Testing
import Transfer

@Suite("Assets for this machine")
struct AssetTests {
    private func resolve(
        _ pattern: String, among names: [String], on platform: HostPlatform = HostPlatform(os: .linux, arch: "x86_64"),
        _ accelerators: [AcceleratorFitness] = [AcceleratorFitness(.cpu)], notices: Notices = Notices()
    ) async throws -> String? {
        let hub = try TestHub.start()
        let engine = TransferEngine(logger: Releases.logger)
        defer { engine.shutdown() }
        try hub.addForgeRelease("acme/tool", tag: "v1", assets: names.map { ForgeAsset($0, .bytes([1])) })
        let vendor = try Releases(http: .engine(engine), accelerators: accelerators).vendor(
            ["forge": .string("github"), "origin": .string(hub.hub)], name: "forge")
        let context = ProvisionContext(
            job: "job", kind: .worker, platform: platform,
            progress: ProgressSink { event in
                if case .notice(let text) = event { notices.texts.withLock { $0.append(text) } }
            }, logger: Releases.logger)
        return try await vendor.resolve(ArtifactReference(parsing: "forge:acme/tool@v1:\(pattern)"), in: context)
            .reference.selector
    }

    final class Notices: Sendable {
        let texts = Mutex<[String]>([])
    }

    @Test(
        "system and processor are found by the names that releases give them",
        arguments: [
            (OperatingSystem.linux, "x86_64", "tool-{os}-{arch}.tar.gz", "tool-Linux-amd64.tar.gz"),
            (.linux, "x86_64", "tool_*_{os}_{arch}.tar.gz", "tool_1.0_linux_x64.tar.gz"),
            (.linux, "aarch64", "tool-{arch}-{os}.tar.gz", "tool-arm64-unknown-linux-musl.tar.gz"),
            (.linux, "x86_64", "tool-{arch}-{os}.tar.gz", "tool-x86_64-unknown-linux-gnu.tar.gz"),
            (.linux, "aarch64", "tool-{arch}-{os}.tar.gz", "tool-aarch64-linux-gnu.tar.gz"),
            (.macos, "aarch64", "tool-{arch}-{os}.tar.gz", "tool-aarch64-apple-darwin.tar.gz"),
            (.macos, "aarch64", "tool-{os}-{arch}.tar.gz", "tool-darwin-arm64.tar.gz"),
            (.windows, "x86_64", "tool-{arch}-{os}.tar.gz", "tool-x86_64-pc-windows-msvc.tar.gz"),
        ])
    func spellings(os: OperatingSystem, arch: String, pattern: String, name: String) async throws {
        let others = ["tool-plan9-amd64.tar.gz", "tool-linux-riscv64.tar.gz", "tool-x86_64-unknown-linux-musl.tar.gz"]
        let platform = HostPlatform(os: os, arch: arch)
        #expect(try await resolve(pattern, among: others + [name], on: platform) == name)
    }

    @Test("the variant is the first that the machine can run and the release has, and the others' reasons are told")
    func variant() async throws {
        let names = ["cpu", "cuda", "rocm"].map { "tool-linux-x86_64-\($0).tar.gz" }
        let machine = [
            AcceleratorFitness(.cuda, objection: "there is no NVIDIA GPU here"), AcceleratorFitness(.rocm),
            AcceleratorFitness(.metal, objection: "this is no Mac"), AcceleratorFitness(.cpu),
        ]
        let notices = Notices()
        #expect(try await resolve("tool-{os}-{arch}-{variant}*", among: names, machine, notices: notices) == names[2])
        #expect(notices.texts.withLock { $0.first } == "not cuda: there is no NVIDIA GPU here")
        #expect(try await resolve("tool-*-{variant}.tar.gz", among: Array(names.prefix(2)), machine) == names[0])
        let error = await #expect(throws: ProvisionError.self) {
            try await resolve("tool-*-{variant}.tar.gz", among: [names[1]], machine)
        }
        #expect(error?.code == .selectorNotFound)
        #expect(error?.description.contains("not cuda: there is no NVIDIA GPU here; it has \(names[1])") == true)
    }
}
