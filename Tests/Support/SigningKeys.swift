import Foundation
import SystemPackage

/// Keys of the machine's own ssh-keygen, `release` and `other`, and an allowed_signers file with the first of them.
public struct SigningKeys: Sendable {
    /// The allowed_signers file.
    public let signers: String
    private let folder: FilePath

    public init(in directory: TemporaryDirectory) throws {
        folder = directory.path.appending("keys")
        signers = folder.appending("signers").string
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: false)
        for key in ["release", "other"] {
            try Self.run(["-q", "-t", "ed25519", "-N", "", "-C", key, "-f", folder.appending(key).string])
        }
        let key = try String(contentsOfFile: folder.appending("release.pub").string, encoding: .utf8)
        try Data("releases@acme.example \(key)".utf8).write(to: URL(fileURLWithPath: signers))
    }

    /// What `ssh-keygen -Y sign -n file` makes of `bytes`.
    public func sign(_ bytes: [UInt8], with key: String = "release") throws -> [UInt8] {
        let path = folder.appending("signed-\(UUID().uuidString)").string
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        try Self.run(["-Y", "sign", "-n", "file", "-f", folder.appending(key).string, path])
        return Array(try Data(contentsOf: URL(fileURLWithPath: path + ".sig")))
    }

    private static func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/ssh-keygen")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(arguments: arguments) }
    }

    public struct Failed: Error {
        public let arguments: [String]
    }
}
