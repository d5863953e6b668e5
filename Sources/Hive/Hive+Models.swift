public import ArtifactCatalog
public import ArtifactTypes
import ContentStore
public import ModelCatalog
import ModelProvisioner
import Pipeline
public import Provisioning
public import SystemPackage
import Vendors

/// Models: downloaded, found, removed.
extension Hive {
    public struct ModelRequest: Sendable {
        public var reference: ArtifactReference
        public var offline: Bool
        public var force: Bool
        /// A digest that the user supplied for the model's only file.
        public var expected: Digest?
        /// Which of its files.
        public var choice: ModelChoice

        public init(
            reference: ArtifactReference, offline: Bool = false, force: Bool = false, expected: Digest? = nil,
            choice: ModelChoice = ModelChoice()
        ) {
            self.reference = reference
            self.choice = choice
            self.offline = offline
            self.force = force
            self.expected = expected
        }
    }

    /// What a download would fetch, and what that is. Of the payload only headers are read.
    public func planModel(
        _ request: ModelRequest, progress: ProgressSink
    ) async throws(ProvisionError) -> PlannedModel {
        let job = job(.model, offline: request.offline, force: request.force, progress: progress)
        try checkForce(of: job)
        // Beside the requests: a driver may take a second to answer.
        async let gpus = GraphicsProcessors(environment: configuration.environment).found()
        let plan = try await modelProvisioner.plan(request.reference, request.choice, for: job)
        let facts = try await modelProvisioner.facts(
            of: plan, machineMemory: MachineMemory.bytes, gpus: await gpus, for: job)
        return PlannedModel(resolution: plan.resolution, facts: facts)
    }

    /// Downloads, verifies, publishes and catalogues a model; what is here already at the same revision is returned as
    /// it is.
    public func downloadModel(
        _ request: ModelRequest, progress: ProgressSink
    ) async throws(ProvisionError) -> ModelEntry {
        let job = job(
            .model, offline: request.offline, force: request.force, expected: request.expected, progress: progress)
        try checkForce(of: job)
        let plan = try await modelProvisioner.plan(request.reference, request.choice, for: job)
        if !request.force, let entry = try modelProvisioner.current(plan) {
            try check(entry, against: request.expected)
            // The tree is the truth: a row that was lost is written again.
            if try row(entry.id) == nil { try await catalogue(entry) }
            progress(.notice("\(entry.id) is here already, at this revision"))
            return entry
        }
        let entry = try await modelProvisioner.provision(plan, request.choice, for: job)
        try await catalogue(entry)
        return entry
    }

    /// The model that `argument` means.
    ///
    /// - Throws: `.invalid` for a malformed or ambiguous id, `.notFound` for one that is not stored.
    public func model(_ argument: String) throws(ProvisionError) -> ModelEntry {
        let references = try lookupReferences(argument)
        for id in references.map(\.description) + [argument] {
            if let entry = try row(id) { return entry }
        }
        for reference in references {
            // Another spelling of it, as its vendor knows.
            let vendor = try? registry.holder(of: reference, kind: .model)?.provisioner
            if let id = vendor?.canonical(reference).description, let entry = try row(id) { return entry }
        }
        let ids = try modelSummaries().map(\.id)
        let id = try EntryLookup(kind: .model, argument: argument).find(references, among: ids)
        guard let entry = try row(id) else { throw ProvisionError(.notFound, "\(id) was removed meanwhile") }
        return entry
    }

    /// All models, by id, with what a table shows of them.
    public func modelSummaries() throws(ProvisionError) -> [ArtifactSummary] {
        do {
            return try models.summaries()
        } catch {
            throw ProvisionError(hive: error)
        }
    }

    /// All models as one JSON array, handed out in pieces of UTF-8.
    public func writeModelsJSON(_ write: ([UInt8]) -> Void) throws(ProvisionError) {
        do {
            try models.writeJSON(write)
        } catch {
            throw ProvisionError(hive: error)
        }
    }

    /// The folder of a model's files.
    public func folder(of entry: ModelEntry) -> FilePath {
        store.treePath(StoreItem(kind: .model, id: entry.id))
    }

    /// Notes that a model was used; `gc` goes by it. A store that cannot be written keeps no note.
    public func touch(_ entry: ModelEntry) throws(ProvisionError) {
        if database.isReadOnly { return }
        do {
            try models.touch(entry.id, at: .now)
        } catch {
            throw ProvisionError(hive: error)
        }
    }

    /// The row goes first: a crash in between leaves files without a row, never a row without files.
    public func removeModel(_ entry: ModelEntry) async throws(ProvisionError) {
        try await removing(StoreItem(kind: .model, id: entry.id)) { try models.remove(entry.id) }
    }

    private func checkForce(of job: ProvisionJob) throws(ProvisionError) {
        guard job.offline, job.force else { return }
        throw ProvisionError(
            .invalid, "--force fetches what is here already, and --offline or HF_HUB_OFFLINE forbids every request",
            remedy: "leave out one of them")
    }

    private func row(_ id: String) throws(ProvisionError) -> ModelEntry? {
        do {
            return try models.get(id)
        } catch {
            throw ProvisionError(hive: error)
        }
    }

    private func check(_ entry: ModelEntry, against expected: Digest?) throws(ProvisionError) {
        guard let expected, entry.digest != expected else { return }
        throw ProvisionError(
            .digestMismatch,
            "\(entry.id) is stored as \(entry.digest?.description ?? "several files"), not \(expected)",
            remedy: entry.source == .local
                ? "check the digest; rbee-hive model remove \(entry.id) makes room for another file"
                : "check the digest, or fetch it again with --force")
    }

    /// The references that an id argument may mean, the likeliest first. A bare one is the vendor's that would download
    /// it, or the hub's, whose it was before another vendor claimed such names.
    private func lookupReferences(_ argument: String) throws(ProvisionError) -> [ArtifactReference] {
        let reference: ArtifactReference
        do {
            reference = try ArtifactReference(parsing: argument)
        } catch {
            throw ProvisionError(.invalid, error.description)
        }
        guard reference.vendor == nil else { return [reference] }
        var vendors = ["hf"]
        if let owner = registry.owner(of: reference, kind: .model), owner != "hf" { vendors.insert(owner, at: 0) }
        return vendors.map { vendor in
            var named = reference
            named.vendor = vendor
            return named
        }
    }
}
