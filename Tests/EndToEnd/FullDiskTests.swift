import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// What is too large, before and after it begins. All of it mounts a disk.
@Suite(.enabled(if: MountedDisk.isPossible, "mounts a file system: root"))
struct FullDiskTests {
    /// Adds a model of so many files of 2 MiB.
    private func addShards(_ id: String, _ count: UInt64, to machine: Installation) throws {
        let files = (1...count).map { number in
            TestFile("part-\(number).safetensors", .synthetic(SyntheticBytes(size: 2 << 20, seed: number)))
        }
        try machine.hub.addModel(id, files: files + [TestFile("config.json", text: "{}")])
    }

    @Test("of two downloads that fit alone and not together, the second is refused before its first byte, and told why")
    func promised() async throws {
        let disk = try MountedDisk(memory: "size=60m")
        defer { disk.unmount() }
        let machine = try Installation(disk: disk.path)
        try machine.addTinyModel(megabytes: 24)
        // Sixteen files of it are under way at once; only those have their blocks.
        try addShards("org/large", 24, to: machine)
        machine.hub.setFault(Fault(.stall(after: 1 << 20)), on: "/cdn/org/large/")
        let first = try machine.start(["model", "download", "org/large", "--include", "*.safetensors"])
        _ = try await machine.hub.request { $0.origin == .cdn && $0.isStalled }

        let second = try await machine.run("model", "download", "org/tiny:Q4_K_M")
        #expect(second.status == 73, "\(second.errors)")
        for part in ["needed", "free", "promised to hf:org/large", "process \(first.pid)"] {
            #expect(second.errors.contains(part), "\(second.errors)")
        }
        #expect(!machine.payloadRequests.contains { $0.target.contains("tiny") })

        first.send(SIGKILL)
        _ = try await first.outcome()
        machine.hub.releaseStalls()
        // A promise dies with its process; gc takes what was fetched for it.
        #expect(try await machine.run("gc").status == 0)
        let again = try await machine.run("model", "download", "org/tiny:Q4_K_M")
        #expect(again.status == 0, "\(again.errors)")
    }

    @Test("an export that does not fit where it goes says so at once, naming the file, and leaves nothing")
    func export() async throws {
        let disk = try MountedDisk(memory: "size=1m")
        defer { disk.unmount() }
        let machine = try Installation()
        try machine.addTinyModel(megabytes: 4)
        #expect(try await machine.run("model", "download", "org/tiny:Q4_K_M").status == 0)
        let file = disk.path.appending("models.tar").string
        let outcome = try await machine.run("model", "export", "org/tiny", file)
        #expect(outcome.status == 73 && outcome.errors.contains(file), "\(outcome.errors)")
        #expect(outcome.errors.contains("are to be written there") && !outcome.errors.contains("--home"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path.string) == [])
    }

    @Test("what a partial has taken of the disk already is not asked for twice")
    func resumed() async throws {
        let disk = try MountedDisk(memory: "size=30m")
        defer { disk.unmount() }
        let machine = try Installation(disk: disk.path)
        try machine.addTinyModel(megabytes: 24)
        machine.hub.setFault(Fault(.stall(after: 20 << 20), times: 1), on: "/cdn/")
        let program = try machine.start(["model", "download", "org/tiny:Q4_K_M"])
        _ = try await machine.hub.request { $0.origin == .cdn && $0.isStalled }
        program.send(SIGKILL)
        _ = try await program.outcome()
        machine.hub.releaseStalls()
        let again = try await machine.run("model", "download", "org/tiny:Q4_K_M")
        #expect(again.status == 0, "\(again.errors)")
    }

    @Test("a disk that others fill meanwhile, or that has no inode left, ends the download with 73 and adds nothing")
    func filled() async throws {
        let disk = try MountedDisk(memory: "size=24m,nr_inodes=70")
        defer { disk.unmount() }
        let machine = try Installation(disk: disk.path)
        // Of unknown size to the hub, so that no room is reserved: the disk is full in the middle of it.
        let body = TestBody.synthetic(size: 40 << 20)
        try machine.hub.addModel(
            "org/liar",
            files: [TestFile("model.safetensors", body, claimedSize: 1 << 20), TestFile("config.json", text: "{}")])
        let small = (0..<100).map { TestFile("part-\($0).safetensors", .bytes([UInt8($0)])) }
        try machine.hub.addModel("org/many", files: small)
        for model in ["org/liar", "org/many"] {
            let outcome = try await machine.run("model", "download", model)
            #expect([65, 73].contains(outcome.status), "\(outcome.errors)")
            #expect(try await machine.run("gc").status == 0)
            try await machine.checkInvariants(model)
        }
        try machine.addTinyModel()
        let outcome = try await machine.run("model", "download", "org/tiny:Q4_K_M")
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test("a disk that has become read-only is named, and what was on it is still listed, shown and found")
    func readOnly() async throws {
        let disk = try MountedDisk(memory: "size=24m")
        defer { disk.unmount() }
        let machine = try Installation(disk: disk.path)
        try machine.addTinyModel()
        #expect(try await machine.run("model", "download", "org/tiny:Q4_K_M").status == 0)
        try disk.remount("ro")
        let download = try await machine.run("model", "download", "org/tiny:Q8_0")
        #expect(download.status == 73, "\(download.errors)")
        #expect(download.errors.lowercased().contains("read-only file system"))
        for words in [["list"], ["show", "org/tiny:Q4_K_M"], ["path", "org/tiny:Q4_K_M"], ["verify"]] {
            let answer = try await machine.start(["model"] + words).outcome()
            #expect(answer.status == 0, "\(words): \(answer.errors)")
            #expect("\(answer.output)\(answer.errors)".contains("tiny"), "\(words): \(answer)")
        }
        let removal = try await machine.run("model", "remove", "org/tiny:Q4_K_M")
        #expect(removal.status == 73 && removal.errors.lowercased().contains("read-only file system"))
        try disk.remount("rw")
        try await machine.checkInvariants("after it was read-only")
        #expect(try await machine.run("model", "download", "org/tiny:Q8_0").status == 0)
    }
}

/// Limits of a process.
@Suite struct LimitTests {
    @Test(
        "few descriptors and a limit on the size of files are errors or suffice; without them it goes on",
        arguments: ["--nofile=64", "--nofile=24", "--fsize=300000"])
    func limits(limit: String) async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        try machine.addManyFiles()
        for model in ["org/tiny:Q4_K_M", "org/many"] {
            let program = try RunningProgram(
                "/usr/bin/prlimit",
                [limit, "--core=0", Installation.programs.appending("rbee-hive").string, "model", "download", model],
                environment: machine.environment, scratch: machine.folder.path)
            let outcome = try await program.outcome()
            #expect(outcome.status < 128, "\(limit), \(model): \(outcome.status) \(outcome.errors)")
            #expect(outcome.status == 0 || outcome.errors.contains(": cannot "), "\(outcome.errors)")
            try await machine.checkInvariants("\(limit), \(model)")
            let again = try await machine.run("model", "download", model)
            #expect(again.status == 0, "\(again.errors)")
        }
    }
}
