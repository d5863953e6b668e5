import Logging
import SystemPackage
import TestHub
import TestSupport
import Transfer

@testable import GitCheckout

/// A real repository behind the real `git http-backend`, and an empty kept mirror.
struct Forge {
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    static let engine = TransferEngine(TransferConfiguration(maximumAttempts: 1), logger: logger)

    let repository: TestRepository
    let hub: TestHub
    let url: GitURL
    let folder: TemporaryDirectory
    var client = GitClient(engine: Forge.engine, environment: ["GIT_CONFIG_NOSYSTEM": "1"], logger: Forge.logger)
    var timeout = Duration.seconds(20)

    init(user: String? = nil, password: String? = nil) throws {
        repository = try TestRepository()
        hub = try TestHub.start()
        url = try GitURL(hub.addGit("forge", repository: repository.path, user: user, password: password))
        folder = try TemporaryDirectory()
    }

    var mirror: GitRepository { GitRepository.kept(in: folder.path.appending("mirror")) }

    func session(_ credential: GitCredential? = nil) async throws -> GitSession {
        try await client.connect(
            to: GitRemote(url: url, credential: credential, configuredOrigins: [url.origin], timeout: timeout))
    }

    func emptyFolder(_ name: String = "out") throws -> FilePath {
        try folder.write([], to: "\(name)/.keep")
        let path = folder.path.appending(name)
        try FilePath.remove(path.appending(".keep"))
        return path
    }

    /// Many lines that compress badly, so that packs have some size.
    static func noise(_ lines: Int, seed: UInt64) -> String {
        var state = seed
        return (0..<lines).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return String(state, radix: 36) + "\n"
        }.joined()
    }
}
