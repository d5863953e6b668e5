import ArtifactTypes
import Crypto
import Provisioning

/// Resolves a worker's name to the PKGBUILD that makes it. What that PKGBUILD names is fetched when it is built.
struct WorkerServiceProvisioner: WorkerDirectory {
    let name: String
    let forms: [ReferenceForm]
    let access: NetworkAccess
    /// Nil where no service is configured.
    private let client: ServiceClient?

    init(_ configuration: VendorConfiguration, _ services: ProvisionServices) throws(ProvisionError) {
        name = configuration.name
        forms =
            configuration.forms.isEmpty
            ? ["\(configuration.name):{name}"].compactMap { ReferenceForm($0) } : configuration.forms
        let options = configuration.options
        let isBuiltIn = configuration.name == WorkerServiceVendor.builtInName
        let inherited = isBuiltIn ? services.environment[WorkerServiceVendor.variable] : nil
        let url = options.string("url") ?? inherited.flatMap { $0.isEmpty ? nil : $0 }
        guard let url else {
            guard isBuiltIn else {
                throw ProvisionError(.configuration, "url is missing", remedy: "name the service with url")
            }
            access = NetworkAccess()
            client = nil
            return
        }
        let address = try ServiceAddress(url)
        access = try NetworkAccess(options, origins: [address.origin])
        client = ServiceClient(address: address, access: access, http: services.http)
    }

    var isConfigured: Bool { client != nil }

    func workers(in context: ProvisionContext) async throws(ProvisionError) -> [OfferedWorker] {
        let (entries, odd) = try await service(context).all()
        tell(odd, in: context)
        return Self.joined(entries)
    }

    private func tell(_ odd: [ServiceClient.OddItem], in context: ProvisionContext) {
        for item in odd { context.progress(.notice("\(name): left out a worker: \(item.error.message)")) }
    }

    func workers(
        named asked: String, version: String?, in context: ProvisionContext
    ) async throws(ProvisionError) -> [OfferedWorker] {
        guard ServiceEntry.isName(asked) else {
            throw ProvisionError(.invalid, "\"\(asked.visiblyEscaped)\" cannot be a worker's name")
        }
        let client = try service(context)
        if let worker = try await client.entry(asked)?.worker, worker.name == asked,
            version ?? worker.version == worker.version
        {
            return [worker]
        }
        // Not an id, one variant's, or another version: the list has them all.
        let (entries, odd) = try await client.all()
        let found = Self.joined(entries.filter { $0.worker.name == asked || $0.id == asked })
        guard found.isEmpty else { return found }
        // Where it is the one that was asked for, or no item is any better, that is what is wrong.
        if let item = odd.first(where: { $0.id == asked || entries.isEmpty }) { throw item.error }
        tell(odd, in: context)
        return []
    }

    func resolve(
        _ reference: ArtifactReference, in context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution {
        guard let recipe = reference.selector.flatMap({ OfferedRecipe(selector: $0) }) else {
            throw ProvisionError(
                .invalid, "\(reference) does not say which PKGBUILD", remedy: "as \(reference.stem):cpu-prebuilt")
        }
        let offered = try await workers(named: reference.locator, version: reference.revision, in: context)
        guard !offered.isEmpty else {
            throw ProvisionError(.notFound, "\(name) has no worker \(reference.locator)")
        }
        guard let worker = offered.first(where: { reference.revision ?? $0.version == $0.version }) else {
            throw ProvisionError(
                .revisionNotFound,
                "\(name) has no version \(reference.revision ?? "") of \(reference.locator)",
                remedy: "there is \(offered.map(\.version).joined(separator: ", "))")
        }
        let variant = worker.variants.first { $0.accelerator == recipe.accelerator }
        guard let url = recipe.form == .prebuilt ? variant?.prebuilt : variant?.source else {
            throw ProvisionError(
                .selectorNotFound, "\(worker.name) \(worker.version) of \(name) has no \(recipe.selector)")
        }
        let text = try await service(context).recipe(at: url)
        guard let digest = Digest(.sha256, bytes: SHA256.hash(data: text)) else {
            throw ProvisionError(.unsupported, "cannot name the revision of \(reference)")
        }
        let path: RelativePath
        do {
            path = try RelativePath("PKGBUILD")
        } catch {
            throw ProvisionError(mapping: error)
        }
        var pinned = reference
        pinned.revision = worker.version
        return Resolution(
            reference: pinned, vendor: name, kind: context.kind, revision: digest.description,
            payload: .files(
                [RemoteFile(path: path, size: Int64(text.count), digest: digest, sources: [RemoteSource(url: url)])],
                listing: .exact),
            metadata: .init(license: worker.license))
    }

    private func service(_ context: ProvisionContext) throws(ProvisionError) -> ServiceClient {
        guard let client else {
            throw ProvisionError(
                .configuration, "no worker catalog service is configured",
                remedy:
                    "set \(WorkerServiceVendor.variable), or write a vendors.d file with module = \"worker-service\"")
        }
        if context.offline {
            throw ProvisionError(.offline, "\(client.address.url) may not be asked for offline")
        }
        return client
    }

    /// Flat items of one name and version are the variants of one worker; the first of an accelerator counts.
    private static func joined(_ entries: [ServiceEntry]) -> [OfferedWorker] {
        var workers: [OfferedWorker] = []
        for entry in entries {
            let index = workers.firstIndex {
                $0.name == entry.worker.name && $0.version == entry.worker.version
            }
            guard let index else {
                workers.append(entry.worker)
                continue
            }
            for variant in entry.worker.variants
            where !workers[index].variants.contains(where: { $0.accelerator == variant.accelerator }) {
                workers[index].variants.append(variant)
            }
        }
        return workers
    }
}
