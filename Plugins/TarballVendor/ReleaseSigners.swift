import ArtifactTypes
import Foundation
import Processes
import Provisioning
import SystemPackage

/// Who may sign a release's checksums: an allowed_signers file, by which `ssh-keygen -Y verify` judges (ssh-keygen(1)).
struct ReleaseSigners: Sendable {
    /// The namespace that `ssh-keygen -Y sign -n file` signs files in.
    private static let namespace = "file"
    private static let timeout = Duration.seconds(30)

    /// An absolute path.
    let file: String
    let environment: [String: String]

    /// - Parameter subject: the signed file, for messages.
    /// - Throws: `.digestMismatch` for a signature that is none, of other content, or by a key that the file has not.
    func check(_ message: [UInt8], signature: [UInt8], subject: String) async throws(ProvisionError) {
        guard let program = findExecutable("ssh-keygen", path: environment["PATH"]) else {
            throw ProvisionError(
                .missingTool, "\(subject): ssh-keygen, which checks its signature, is missing",
                remedy: "install openssh-client")
        }
        guard FileManager.default.isReadableFile(atPath: file) else {
            throw ProvisionError(
                .configuration, "\(file.visiblyEscaped) cannot be read", remedy: "correct signers in vendors.d")
        }
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("rbee-\(UUID().uuidString).sig").path
        // Made by us alone, or not at all: others can write to that folder too.
        let options: FileDescriptor.OpenOptions = [.create, .exclusiveCreate, .noFollow, .closeOnExec]
        do {
            let descriptor = try FileDescriptor.open(
                FilePath(path), .writeOnly, options: options, permissions: .ownerReadWrite)
            try descriptor.closeAfter { _ = try descriptor.writeAll(signature) }
        } catch {
            throw ProvisionError(.io(errno: (error as? Errno)?.rawValue ?? 0), "\(path) cannot be written: \(error)")
        }
        defer { unlink(path) }
        let signed = ["-n", Self.namespace, "-s", path, "-f", file]
        let principal =
            try await run(program, ["-Y", "find-principals"] + signed, [], subject)
            .split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        _ = try await run(program, ["-Y", "verify", "-I", principal] + signed, message, subject)
    }

    private func run(
        _ program: FilePath, _ arguments: [String], _ input: [UInt8], _ subject: String
    ) async throws(ProvisionError) -> String {
        let outcome: ProcessOutcome
        do throws(ProcessError) {
            outcome = try await Processes.run(
                ProcessRequest(
                    executable: program, arguments: arguments, environment: ["LC_ALL": "C"], input: input,
                    timeout: Self.timeout))
        } catch {
            throw ProvisionError(error.code == .cancelled ? .cancelled : .unavailable, "\(subject): \(error)")
        }
        guard outcome.succeeded else {
            let said = outcome.lastLines.last.map { " (\($0.visiblyEscaped))" } ?? ""
            throw ProvisionError(
                .digestMismatch, "\(subject) is not signed by anyone in \(file.visiblyEscaped)\(said)",
                remedy: "nothing was installed; if the publisher has a new key, add it there")
        }
        return outcome.text
    }
}
