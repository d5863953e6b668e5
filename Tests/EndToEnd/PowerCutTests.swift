import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// The power fails at a chosen sync or rename: a file system in an image forgets what was not on its disk by then.
@Suite(.serialized, .enabled(if: !ImageFileSystem.journaling.isEmpty, "mounts an image: root and loop devices"))
struct PowerCutTests {
    /// One file, and more small ones than are synced one by one.
    static let models = ["org/tiny:Q4_K_M", "org/many"]

    @Test(
        "no row is without its bytes, and no model that was printed is lost",
        arguments: ImageFileSystem.journaling, models)
    func powerCut(make: [String], model: String) async throws {
        let image = try MountedDisk(image: make, megabytes: 320)
        defer { image.unmount() }
        let machine = try Installation(disk: image.path)
        try machine.addTinyModel()
        try machine.addManyFiles()
        let download = ["model", "download", model]
        let disk = try FailingDisk(
            machine, folder: image.path, calls: FailingDisk.syncs + ",rename,renameat2,link,unlink")
        _ = try await machine.start(download).outcome()
        try await clear(machine, model)
        let count = try await disk.log(download).count
        // The last one is beyond the end: the power fails after the program has ended.
        for number in FailingDisk.sample(3, of: count) + [count + 20] {
            try await clear(machine, model)
            let outcome = try await disk.run(download, at: number, .powerCut)
            if number > count { try machine.shell(["python3", "-c", Self.cut, image.path.string]) }
            try image.unmountNow()
            try image.mountImage()
            let context = "\(make[0]), \(model), cut at \(number) of \(count)"
            try await machine.checkInvariants(context)
            let list = try await machine.run("model", "list", "--json").output
            if outcome.output.contains("hf:\(model)\n") { #expect(list.contains("hf:\(model)"), "\(context)") }
            #expect(number <= count || outcome.status == 0, "\(context): \(outcome.errors)")
            let again = try await machine.start(download).outcome()
            #expect(again.status == 0, "\(context): \(again.errors)")
            try await machine.checkInvariants(context + ", again")
        }
    }

    private func clear(_ machine: Installation, _ model: String) async throws {
        _ = try await machine.run("model", "remove", model)
        _ = try await machine.run("gc")
    }

    /// EXT4_IOC_SHUTDOWN or XFS_IOC_GOINGDOWN, without flushing the log.
    private static let cut = """
        import fcntl, os, struct, sys
        fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 2))
        """
}
