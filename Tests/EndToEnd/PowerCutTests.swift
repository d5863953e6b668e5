import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// The power fails at a chosen sync or rename: a file system in an image forgets what was not on its disk by then.
@Suite(.serialized, .enabled(if: MountedDisk.isPossible, "mounts an image: root and loop devices"))
struct PowerCutTests {
    static let fileSystems = [["mkfs.ext4", "-q"], ["mkfs.xfs", "-q"]].filter { MountedDisk.canMake($0[0]) }
    private static let model = ["model", "download", "org/tiny:Q4_K_M"]

    @Test(
        "no row is without its bytes, and no model that was printed is lost", arguments: fileSystems)
    func powerCut(make: [String]) async throws {
        let image = try MountedDisk(image: make, megabytes: 320)
        defer { image.unmount() }
        let machine = try Installation(disk: image.path)
        try machine.addTinyModel()
        let disk = try FailingDisk(
            machine, folder: image.path, calls: FailingDisk.syncs + ",rename,renameat2,link,unlink")
        let count = try await disk.log(Self.model).count
        // The last one is beyond the end: the power fails after the program has ended.
        for number in FailingDisk.sample(6, of: count) + [count + 20] {
            _ = try await machine.run("model", "remove", "org/tiny:Q4_K_M")
            _ = try await machine.run("gc")
            let outcome = try await disk.run(Self.model, at: number, .powerCut)
            if number > count { try machine.shell(["python3", "-c", Self.cut, image.path.string]) }
            try image.unmountNow()
            try image.mountImage()
            let context = "\(make[0]), cut at \(number) of \(count)"
            try await machine.checkInvariants(context)
            let list = try await machine.run("model", "list", "--json").output
            if outcome.output.contains("hf:org/tiny") { #expect(list.contains("hf:org/tiny:Q4_K_M"), "\(context)") }
            #expect(number <= count || outcome.status == 0, "\(context): \(outcome.errors)")
            let again = try await machine.start(Self.model).outcome()
            #expect(again.status == 0, "\(context): \(again.errors)")
            try await machine.checkInvariants(context + ", again")
        }
    }

    /// EXT4_IOC_SHUTDOWN or XFS_IOC_GOINGDOWN, without flushing the log.
    private static let cut = """
        import fcntl, os, struct, sys
        fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 2))
        """
}
