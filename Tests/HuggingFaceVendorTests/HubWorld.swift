import ArtifactTypes
import Foundation
import HuggingFaceVendor
import Logging
import Provisioning
import SystemPackage
import TestHub
import Testing

/// A test hub with one model, and a vendor that is pointed at it.
struct HubWorld {
    let hub: TestHub
    let commit: String
    var environment: [String: String]

    static let gguf = GGUFWriter().bytes()

    init(
        _ options: TestHubOptions = TestHubOptions(), traits: ModelTraits = ModelTraits(tags: ["gguf"], license: "mit")
    ) throws {
        hub = try TestHub.start(options)
        commit = try hub.addModel(
            "ggml-org/tiny",
            files: [
                TestFile("README.md", text: "# tiny\n"), TestFile("config.json", text: "{}"),
                TestFile("sub/tiny-Q4_K_M.gguf", .bytes(Self.gguf)),
            ], traits: traits)
        environment = ["HF_ENDPOINT": hub.hub]
    }

    func provisioner(
        name: String = "hf", options: [String: VendorOptions.Value] = [:]
    ) throws -> any Provisioner {
        let environment = environment
        let services = ProvisionServices(
            http: .raw,
            secret: { source throws(ProvisionError) in
                switch source {
                case .environment(let name): return environment[name].map { Secret($0) }
                case .file(let path):
                    guard let data = FileManager.default.contents(atPath: path) else {
                        throw ProvisionError(.io(errno: 2), "no file \(path)")
                    }
                    return Secret(String(decoding: data, as: UTF8.self))
                case .command: throw ProvisionError(.unsupported, "no commands here")
                }
            },
            keptSources: KeptSources { _, _ in }, environment: environment, logger: Self.logger)
        return try HuggingFaceVendor.module.make(
            VendorConfiguration(
                name: name, module: "huggingface", file: name == "hf" ? nil : "\(name).toml", provides: [.model],
                options: VendorOptions(options)), services)
    }

    func resolve(
        _ reference: String = "ggml-org/tiny", offline: Bool = false, known: Resolution? = nil,
        with provisioner: (any Provisioner)? = nil, progress: ProgressSink = ProgressSink { _ in }
    ) async throws -> Resolution {
        let provisioner = try provisioner ?? self.provisioner()
        return try await provisioner.resolve(
            try ArtifactReference(parsing: reference),
            in: ProvisionContext(
                job: "1", kind: .model, offline: offline, known: known, progress: progress, logger: Self.logger))
    }

    /// The error of a resolve that must fail.
    func failure(_ reference: String = "ggml-org/tiny", with provisioner: (any Provisioner)? = nil) async throws
        -> ProvisionError
    {
        try await #require(throws: ProvisionError.self) { try await resolve(reference, with: provisioner) }
    }

    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
