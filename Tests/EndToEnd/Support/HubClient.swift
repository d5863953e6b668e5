import Crypto
import Foundation
import SystemPackage
import TestSupport

/// The hub's own client (huggingface_hub), as `make setup-test` installs it.
struct HubClient {
    let machine: Installation

    /// The folder of its programs; nil where it is not installed.
    static let programs: FilePath? = {
        let tests = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        let folder = tests.appending(".venv/bin")
        return FileManager.default.isExecutableFile(atPath: folder.appending("hf").string) ? folder : nil
    }()

    /// Runs one of its programs against the machine's hub, with a cache of its own.
    func run(_ program: String, _ arguments: String...) async throws -> Outcome {
        guard let folder = Self.programs else { throw Errno.noSuchFileOrDirectory }
        let settings = [
            "HF_HOME": cache.string, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        ]
        let running = try RunningProgram(
            folder.appending(program), arguments, environment: machine.environment.merging(settings) { _, new in new },
            scratch: machine.folder.path)
        return try await running.outcome()
    }

    private var cache: FilePath { machine.folder.path.appending("hub-client") }
}

extension FilePath {
    /// The sha256 of every file below this folder, links followed, by its relative path.
    func digests() throws -> [String: String] {
        var digests: [String: String] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: string) {
            let file = appending(name)
            guard try file.stat(followTargetSymlink: true).type == .regular else { continue }
            let data = try Data(contentsOf: URL(fileURLWithPath: file.string))
            digests[name] = SHA256.hash(data: data).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        return digests
    }
}
