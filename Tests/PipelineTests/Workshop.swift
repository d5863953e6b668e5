import ArtifactTypes
import ContentStore
import Logging
import Provisioning
import Synchronization
import SystemPackage
import TestHub
import TestSupport
import Transfer
import VendorServices
import Vendors

@testable import Pipeline

/// A pipeline over a store, an engine and a hub of a test's own, with a vendor that resolves to what it is told.
struct Workshop {
    let folder: TemporaryDirectory
    let hub: TestHub
    let store: ContentStore
    let pipeline: Pipeline
    let vendor: ToldVendor

    init(trust: VendorTrust = VendorTrust()) throws {
        folder = try TemporaryDirectory()
        hub = try TestHub.start()
        store = try ContentStore(root: folder.path.appending("store"))
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let engine = TransferEngine(logger: logger)
        let vendor = ToldVendor(hub: hub.hub, cdn: hub.cdn)
        self.vendor = vendor
        let told = VendorModule(
            descriptor: VendorDescriptor(
                name: "told", summary: "what the test says", options: [], provides: [.model],
                builtIn: [VendorConfiguration(name: "told", module: "told", provides: [.model], trust: trust)]),
            make: { _, _ in vendor })
        let services = ProvisionServices(
            http: HTTPService(engine), secret: { _ in nil },
            keptSources: KeptSources { _, _ in }, environment: [:], logger: logger)
        pipeline = Pipeline(
            registry: VendorRegistry.load(modules: [told], folders: [], services: services), store: store,
            engine: engine)
    }

    /// A file of the hub, as a vendor would list it.
    func file(
        _ path: String, _ bytes: [UInt8], size: Int64? = nil, isPublished: Bool = true
    ) throws -> RemoteFile {
        let url = try hub.addRelease(path, .bytes(bytes))
        let digest = try Digest(.sha256, hex: TestHub.sha256(of: .bytes(bytes)))
        return RemoteFile(
            path: try RelativePath(path), size: size ?? Int64(bytes.count), digest: isPublished ? digest : nil,
            sources: [RemoteSource(url: url)])
    }

    func job(force: Bool = false, expected: Digest? = nil) -> ProvisionJob {
        ProvisionJob(
            id: "test", kind: .model, force: force, expected: expected, progress: ProgressSink { _ in },
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    /// Resolves `told:org/name` to `files` and provisions it.
    @discardableResult
    func provision(
        _ files: [RemoteFile], id: String = "told:org/name", revision: String = "r1", job: ProvisionJob? = nil,
        describe: @Sendable (Staged) async throws -> JSONValue = { .bool($0.unverified) }
    ) async throws -> Sidecar {
        vendor.answer.withLock { $0 = (files, revision) }
        let reference = try ArtifactReference(parsing: id)
        let match = try pipeline.registry.vendor(for: reference, kind: .model)
        let job = job ?? self.job()
        let resolution = try await pipeline.resolve(match, known: nil, for: job)
        let plan = try pipeline.plan(resolution, of: match, as: StoreItem(kind: .model, id: id))
        return try await pipeline.provision(plan, for: job, describe: describe)
    }
}

final class ToldVendor: Provisioner {
    let answer = Mutex<(files: [RemoteFile], revision: String)>(([], ""))
    let forms = [ReferenceForm("told:{org}/{name}")].compactMap(\.self)
    let access: NetworkAccess

    init(hub: String, cdn: String) {
        access = NetworkAccess(configuredOrigins: [hub, cdn])
    }

    func resolve(
        _ reference: ArtifactReference, in context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution {
        let (files, revision) = answer.withLock { $0 }
        return Resolution(
            reference: reference, vendor: "told", kind: .model, revision: revision,
            payload: .files(files, listing: .exact))
    }
}
