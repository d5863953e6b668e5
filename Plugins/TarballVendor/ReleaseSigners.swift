import ArtifactTypes
import Foundation
import Processes
import Provisioning
import SystemPackage

/// Who may sign releases: an allowed_signers file, by which `ssh-keygen -Y verify` judges (ssh-keygen(1), ALLOWED
/// SIGNERS). Whoever stands in it may sign all that the instance fetches, under whichever principal.
struct ReleaseSigners: Sendable {
    enum Message: Sendable {
        case bytes([UInt8])
        case file(FilePath)
    }

    /// The namespace that `ssh-keygen -Y sign -n file` signs in.
    private static let namespace = "file"

    /// An absolute path.
    let file: String
    let environment: [String: String]

    /// - Parameter subject: what is signed, for messages.
    /// - Throws: `.digestMismatch` for a signature that is none, of other content, or by a key that the file has not.
    func check(_ message: Message, signature: [UInt8], subject: String) async throws(ProvisionError) {
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
        let asked = ProcessRequest(
            executable: program, arguments: ["-Y", "find-principals", "-s", path, "-f", file],
            environment: ["LC_ALL": "C"], timeout: .seconds(30))
        let principal = try await run(asked, subject).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        var judged = asked
        judged.arguments = ["-Y", "verify", "-I", principal, "-n", Self.namespace, "-s", path, "-f", file]
        switch message {
        case .bytes(let bytes): judged.input = bytes
        case .file(let path):
            judged.inputFile = path
            // SHA-512 of 100 GB from a disk of 50 MB/s.
            judged.timeout = .seconds(2000)
        }
        _ = try await run(judged, subject)
    }

    private func run(_ request: ProcessRequest, _ subject: String) async throws(ProvisionError) -> String {
        let outcome: ProcessOutcome
        do throws(ProcessError) {
            outcome = try await Processes.run(request)
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

extension ReleaseSigners {
    /// Judges the signature that a resolution of ours gave a file.
    func check(_ file: RemoteFile, at path: FilePath) async throws(ProvisionError) {
        guard let signature = file.signature else { return }
        try await check(.file(path), signature: Array(signature.utf8), subject: file.path.string)
    }
}
