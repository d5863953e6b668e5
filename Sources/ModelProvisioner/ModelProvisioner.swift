import ArtifactCatalog
public import ArtifactTypes
import ContentStore
public import ModelCatalog
import ModelFormats
public import Pipeline
public import Provisioning
import Vendors

/// The pipeline for models: it chooses files by quantization or name, and describes the tree by its header.
public struct ModelProvisioner: Sendable {
    let pipeline: Pipeline

    public init(pipeline: Pipeline) {
        self.pipeline = pipeline
    }

    /// Steps 1 and 2: the revision, the files and the id that `reference` comes to. No payload moves.
    public func plan(
        _ reference: ArtifactReference, _ choice: ModelChoice = ModelChoice(), for job: ProvisionJob
    ) async throws(ProvisionError) -> Plan {
        let chosen = try await choose(reference, choice, isTrusted: true, for: job)
        return try pipeline.plan(chosen.resolution, of: chosen.match, as: chosen.item, held: chosen.held)
    }

    /// What a plan would be made of, whatever the vendor's trust table says of it.
    public func resolution(
        of reference: ArtifactReference, for job: ProvisionJob
    ) async throws(ProvisionError) -> Resolution {
        try await choose(reference, ModelChoice(), isTrusted: false, for: job).resolution
    }

    /// - Parameter isTrusted: whether only a vendor that the trust table lets be asked is asked.
    private func choose(
        _ reference: ArtifactReference, _ choice: ModelChoice, isTrusted: Bool, for job: ProvisionJob
    ) async throws(ProvisionError) -> (
        resolution: Resolution, match: VendorRegistry.Match, item: StoreItem, held: Sidecar?
    ) {
        var match = try pipeline.registry.vendor(for: choice.applied(to: reference), kind: .model)
        // What is stored under the very spelling that was given is meant, also where that is no longer the canonical one.
        if try pipeline.sidecar(StoreItem(kind: .model, id: match.reference.description)) == nil {
            match.reference = match.provisioner.canonical(match.reference)
        }
        let held = job.force || job.offline ? nil : try held(match.reference)
        var known = job.offline && !job.force ? try stored(match.reference, choice) : held?.resolution
        if let resolution = known, !job.offline, !choice.isSatisfied(by: resolution) { known = nil }
        // Patterns are no vendor's business: it lists what it has.
        let patterns = match.reference.patterns
        if patterns != nil { match.reference.selector = nil }
        var resolution =
            isTrusted
            ? try await pipeline.resolve(match, known: known, for: job)
            : try await pipeline.ask(match, known: known, for: job)
        if let patterns { resolution.reference.selector = patterns }
        let selected = resolution == known ? resolution : try select(from: resolution, of: match, choice, for: job)
        let item = StoreItem(kind: .model, id: selected.reference.description)
        job.progress(.resolved(selected))
        let isHeld = known != nil && held?.sidecar.item == item && held?.resolution.isSame(as: selected) == true
        return (selected, match, item, isHeld ? held?.sidecar : nil)
    }

    /// The entry of what `plan` names, where the store has all of it already.
    public func current(_ plan: Plan) throws(ProvisionError) -> ModelEntry? {
        if let held = plan.held { return try ModelEntry(held) }
        return try pipeline.held(plan).map { (sidecar) throws(ProvisionError) in try ModelEntry(sidecar) }
    }

    /// Steps 3 to 6.
    ///
    /// - Throws: `.unsafeContent` where an archive has a pickle that `choice` does not allow, beside what every step throws.
    public func provision(
        _ plan: Plan, _ choice: ModelChoice = ModelChoice(), for job: ProvisionJob
    ) async throws(ProvisionError) -> ModelEntry {
        let sidecar = try await pipeline.provision(plan, for: job) { staged in
            if !choice.allowsPickle(from: plan.match) { try checkPickles(unpackedTo: staged.tree, of: plan) }
            let description = ModelDescription(
                tree: staged.tree, resolution: staged.resolution, item: plan.item, source: ModelSource(plan.match),
                isVerified: !staged.unverified, folder: pipeline.store.treePath(plan.item))
            return try CatalogJSON.value(of: description.entry())
        }
        return try ModelEntry(sidecar)
    }

    /// The revision that a stored model's reference is at now.
    public func currentRevision(
        of reference: ArtifactReference, for job: ProvisionJob
    ) async throws(ProvisionError) -> String {
        var match = try pipeline.registry.vendor(for: reference, kind: .model)
        if reference.patterns != nil { match.reference.selector = nil }
        return try await pipeline.currentRevision(of: match, for: job)
    }

    /// What the store has for the very artifact that `reference` names: under its own spelling, with the quantization in
    /// upper case, or, where nothing is selected, with the quantization or tag that would be chosen first.
    private func held(
        _ reference: ArtifactReference
    ) throws(ProvisionError) -> (sidecar: Sidecar, resolution: Resolution)? {
        var spellings = [reference.selector]
        if let selector = reference.selector {
            // Names in patterns have the case that they have.
            if reference.patterns == nil { spellings.append(selector.uppercased()) }
        } else if !reference.isURL {
            // A registry's tag is a selector as well.
            spellings += [ModelSelection.preferredQuantizations.first, "latest"]
        }
        for selector in spellings {
            var candidate = reference
            candidate.selector = selector
            let item = StoreItem(kind: .model, id: candidate.description)
            if let sidecar = try pipeline.sidecar(item), pipeline.store.isComplete(sidecar) {
                let resolution = try? sidecar.resolution.decoded(as: Resolution.self)
                return resolution.map { (sidecar, $0) }
            }
        }
        return nil
    }
}
