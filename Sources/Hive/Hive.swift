public import ArtifactCatalog
import ArtifactTypes
import ContentStore
import Credentials
import Foundation
import Logging
public import ModelCatalog
import ModelProvisioner
import Pipeline
public import Provisioning
import SystemPackage
public import Transfer
import VendorHost
import VendorServices
public import Vendors
public import WorkerCatalog
import WorkerProvisioner

/// The agent on one machine. It alone composes: it asks a provisioner for an artifact, and then tells the catalog.
public final class Hive: Sendable {
    public static let version = "0.1.0"

    public let configuration: HiveConfiguration
    public let registry: VendorRegistry
    public let models: ModelCatalog
    public let workers: WorkerCatalog
    let database: CatalogDatabase
    let store: ContentStore
    let pipeline: Pipeline
    let modelProvisioner: ModelProvisioner
    let workerProvisioner: WorkerProvisioner
    let engine: TransferEngine

    /// Opens the store and the catalogs, reads vendors.d, and adopts what an earlier run published and could not
    /// catalogue any more.
    ///
    /// - Parameter modules: the vendor modules that the program was built with; git brings its own transport.
    /// - Throws: `.io`, `.insufficientSpace` where the store cannot be opened.
    public init(
        _ configuration: HiveConfiguration, modules: VendorModules
    ) throws(ProvisionError) {
        self.configuration = configuration
        let logger = configuration.logger
        let engine = TransferEngine(Self.transfer(configuration), logger: logger)
        self.engine = engine
        do {
            store = try ContentStore(root: configuration.home)
            database = try CatalogDatabase(path: configuration.home.appending("catalog.sqlite"))
        } catch {
            throw ProvisionError(hive: error)
        }
        models = ModelCatalog(database)
        workers = WorkerCatalog(database)
        registry = VendorRegistry.load(
            modules: modules(engine) + [VendorHost.module(version: Self.version)], folders: configuration.vendorFolders,
            services: Self.services(engine: engine, store: store, configuration: configuration))
        pipeline = Pipeline(
            registry: registry, store: store, engine: engine, caches: BlobCaches(configuration.environment))
        modelProvisioner = ModelProvisioner(pipeline: pipeline)
        workerProvisioner = WorkerProvisioner(pipeline: pipeline, environment: configuration.environment)
        if let damaged = database.setAside {
            logger.warning("the catalog was damaged and is kept as \(damaged); it is made anew from what is on disk")
        }
        if database.isUnfilled { try adoptAll() }
        if database.isMigrated { try refreshRows() }
        if !database.isReadOnly { try adoptPending() }
    }

    /// Certificates as curl's users have set them; proxies are read from the environment by the engine.
    private static func transfer(_ configuration: HiveConfiguration) -> TransferConfiguration {
        let environment = configuration.environment
        var transfer = TransferConfiguration(
            caFile: environment.value("CURL_CA_BUNDLE") ?? environment.value("SSL_CERT_FILE"))
        if let count = configuration.maximumConnections { transfer.maximumHostConnections = count }
        transfer.rateLimit = configuration.rateLimit
        return transfer
    }

    /// All of the world that vendors get to see.
    private static func services(
        engine: TransferEngine, store: ContentStore, configuration: HiveConfiguration
    ) -> ProvisionServices {
        let secrets = SecretReader(environment: configuration.environment, logger: configuration.logger)
        return ProvisionServices(
            http: HTTPService(engine),
            secret: { source throws(ProvisionError) in
                do {
                    return try await secrets.read(source)
                } catch {
                    throw ProvisionError(.configuration, "cannot read the secret from \(source): \(error)")
                }
            },
            keptSources: KeptSources { key, body in
                let waiting = configuration.logger.waiting("fetches the same repository")
                return try await store.withSource(key, onWait: waiting) { folder in try await body(folder) }
            },
            mirrors: MirrorHealth(
                setBack: { Set(store.mirrorsSetBack().map(\.name)) },
                note: { name, reason in store.setBack(mirror: name, reason: reason) }),
            accelerators: { await WorkerMachine(environment: configuration.environment).accelerators },
            environment: configuration.environment, logger: configuration.logger)
    }

    func job(
        _ kind: ArtifactKind, offline: Bool = false, force: Bool = false, expected: Digest? = nil,
        progress: ProgressSink
    ) -> ProvisionJob {
        ProvisionJob(
            id: "\(ProcessInfo.processInfo.processIdentifier)-\(UUID().uuidString.prefix(8).lowercased())", kind: kind,
            offline: offline || (kind == .model && configuration.isHubOffline), force: force, expected: expected,
            progress: progress, logger: configuration.logger)
    }
}

extension Hive {
    /// Makes the vendor modules that a program was built with.
    public typealias VendorModules = @Sendable (TransferEngine) -> [VendorModule]
}
