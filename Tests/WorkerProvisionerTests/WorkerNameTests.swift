import ArtifactTypes
import Testing

@testable import WorkerProvisioner

@Suite("What the name of a worker's archive tells")
struct WorkerNameTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let archive: String
        let name: String
        let version: String
        let platform: OperatingSystem
        let arch: String?
        var variant = Accelerator.cpu
        var toolkit: String?
        var testDescription: String { archive }
    }

    @Test(
        "name, version, system, processor and variant are read from the end",
        arguments: [
            Case(
                archive: "llm-worker-rbee-linux-x86_64-cuda.tar.zst", name: "llm-worker-rbee", version: "tag",
                platform: .linux, arch: "x86_64", variant: .cuda),
            Case(
                archive: "tool-v1.2.3-macos-arm64-metal.zip", name: "tool", version: "1.2.3", platform: .macos,
                arch: "aarch64", variant: .metal),
            Case(
                archive: "tool_1.0.0_linux_amd64.tar.gz", name: "tool", version: "1.0.0", platform: .linux,
                arch: "x86_64"),
            Case(
                archive: "tool_1.0.0_Linux_x86_64.tgz", name: "tool", version: "1.0.0", platform: .linux, arch: "x86_64"
            ),
            Case(
                archive: "tool-0.9-x86_64-unknown-linux-musl.tar.xz", name: "tool", version: "0.9", platform: .linux,
                arch: "x86_64"),
            Case(
                archive: "tool-aarch64-apple-darwin.tar.gz", name: "tool", version: "tag", platform: .macos,
                arch: "aarch64"),
            Case(
                archive: "sd_2-linux-x64-rocm.gz", name: "sd_2", version: "tag", platform: .linux, arch: "x86_64",
                variant: .rocm),
            Case(
                archive: "worker-1.0.0-rc.1-linux-x86_64-cpu.txz", name: "worker", version: "1.0.0-rc.1",
                platform: .linux, arch: "x86_64"),
            Case(
                archive: "worker-v2.0-beta2-linux-x64-cuda12.4.tzst", name: "worker", version: "2.0-beta2",
                platform: .linux, arch: "x86_64", variant: .cuda, toolkit: "12.4"),
            Case(
                archive: "worker-beta-linux-x64-rocm6.tbz2", name: "worker-beta", version: "tag", platform: .linux,
                arch: "x86_64", variant: .rocm, toolkit: "6"),
            Case(
                archive: "cuda12-tool-1.0-linux-x64.xz", name: "cuda12-tool", version: "1.0", platform: .linux,
                arch: "x86_64"),
            Case(
                archive: "llama-tag-bin-ubuntu-x64.zip", name: "llama", version: "tag", platform: .linux, arch: "x86_64"
            ),
            Case(
                archive: "llama-b6000-bin-win-cuda-12.4-x64.zip", name: "llama-b6000", version: "tag",
                platform: .windows, arch: "x86_64", variant: .cuda, toolkit: "12.4"),
            Case(
                archive: "tool-1.0-ubuntu-22.04-x64-rocm-6.2.tgz", name: "tool", version: "1.0", platform: .linux,
                arch: "x86_64", variant: .rocm, toolkit: "6.2"),
            Case(
                archive: "llm-worker-cuda-0.1.0-linux.tgz", name: "llm-worker", version: "0.1.0", platform: .linux,
                arch: nil, variant: .cuda),
            Case(
                archive: "tool-bin-2.tgz", name: "tool-bin", version: "2", platform: HostPlatform.current.os, arch: nil),
            Case(archive: "hello-gnu-2-linux.tar", name: "hello-gnu", version: "2", platform: .linux, arch: nil),
            Case(
                archive: "linux-x86_64.tar", name: "linux", version: "tag", platform: HostPlatform.current.os,
                arch: "x86_64"),
        ])
    func archives(expected: Case) {
        let name = WorkerName(archive: expected.archive, fallback: "tag")
        #expect(name.name == expected.name)
        #expect(name.version == expected.version)
        #expect(name.platform == expected.platform)
        #expect(name.arch == expected.arch)
        #expect(name.variant == expected.variant && name.toolkit == expected.toolkit)
    }

    @Test(
        "a name is what a folder and a link can be called",
        arguments: [
            ("tool", "1.0", true), ("tool.x_y+z", "1.0-rc.1", true), ("..", "1.0", false), (".", "1.0", false),
            ("-v", "1.0", false), ("a/b", "1.0", false), ("", "1.0", false), ("tool", "", false), ("tööl", "1", false),
        ])
    func valid(name: String, version: String, isValid: Bool) {
        #expect(WorkerName(name: name, variant: .cpu, version: version).isValid == isValid)
    }
}
