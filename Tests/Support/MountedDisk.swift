import Foundation
public import SystemPackage

/// A file system of a test's own. Only root can mount one, and in a container not even that.
public struct MountedDisk: Sendable {
    public static let isPossible =
        if getuid() == 0, let trial = try? MountedDisk(memory: "size=64k") {
            trial.unmounted()
        } else {
            false
        }

    public let directory: TemporaryDirectory
    public let path: FilePath

    /// A tmpfs with these mount options.
    public init(memory options: String) throws {
        (directory, path) = try Self.place()
        try Self.run("mount", "-t", "tmpfs", "-o", options, "tmpfs", path.string)
    }

    /// A file system of its own in an image file.
    ///
    /// - Parameter make: the program that makes it, with options: `["mkfs.ext4", "-q"]`.
    public init(image make: [String], megabytes: Int64) throws {
        (directory, path) = try Self.place()
        let image = try directory.write([], to: "image")
        guard truncate(image.string, off_t(megabytes << 20)) == 0 else { throw Errno(rawValue: errno) }
        try Self.run(make + [image.string])
        try mountImage()
    }

    /// Whether a program to make a file system is here, and the kernel knows it.
    public static func canMake(_ program: String) -> Bool {
        let name = program.split(separator: ".").last.map(String.init) ?? program
        let known = (try? String(contentsOfFile: "/proc/filesystems", encoding: .utf8)) ?? ""
        let folders = ["/usr/sbin", "/sbin", "/usr/bin"]
        return isPossible && (try? run("losetup", "--find")) != nil
            && known.split(whereSeparator: \.isWhitespace).contains(Substring(name))
            && folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
    }

    /// Mounts the image, again after `unmount`.
    public func mountImage() throws {
        try Self.run("mount", "-o", "loop", directory.path.appending("image").string, path.string)
    }

    public func remount(_ options: String) throws {
        try Self.run("mount", "-o", "remount,\(options)", path.string)
    }

    /// Lazily, so that it goes even where something still uses it.
    public func unmount() {
        _ = try? Self.run("umount", "-l", path.string)
    }

    private func unmounted() -> Bool {
        unmount()
        return true
    }

    /// Returns when the file system is gone from the kernel: one that lives on in the mount namespace that another
    /// process is just making would be mounted again as it is, and not as it is on its disk.
    public func unmountNow() throws {
        try Self.run("umount", path.string)
        let image = directory.path.appending("image").string
        let deadline = ContinuousClock.now + .seconds(30)
        while try !Self.run("losetup", "--associated", image).isEmpty {
            guard ContinuousClock.now < deadline else { throw MountError(command: "umount \(path)", status: 0) }
            // Nobody is told when the kernel lets a loop device go.
            usleep(10_000)
        }
    }

    private static func place() throws -> (TemporaryDirectory, FilePath) {
        let directory = try TemporaryDirectory()
        let path = directory.path.appending("disk")
        guard mkdir(path.string, 0o700) == 0 else { throw Errno(rawValue: errno) }
        return (directory, path)
    }

    @discardableResult
    private static func run(_ words: String...) throws -> Data { try run(words) }

    /// What it prints.
    @discardableResult
    private static func run(_ words: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        // mkfs and losetup lie where a user's PATH may not lead.
        process.environment = ["PATH": "/usr/sbin:/sbin:/usr/bin:/bin"]
        let output = try process.output()
        guard process.terminationStatus == 0 else {
            throw MountError(command: words.joined(separator: " "), status: process.terminationStatus)
        }
        return output
    }
}

public struct MountError: Error {
    public let command: String
    public let status: Int32
}
