import ArtifactTypes
import ContentStore
import ModelFormats
import Pipeline
import Provisioning

/// Which stored model answers a reference while nothing may be asked.
extension ModelProvisioner {
    /// The stored model that `reference` names: by its canonical spelling, or as its vendor's listing would have been
    /// read. Files that have gone from its tree are no reason to pass it over: which ones are missing is then the answer.
    ///
    /// - Returns: nil for what can be read without a request: URLs, among them files of this machine.
    /// - Throws: `.offline` with what is stored of the same repository; `.selectorNotFound` where several would do.
    func stored(_ reference: ArtifactReference, _ choice: ModelChoice) throws(ProvisionError) -> Resolution? {
        guard !reference.isURL else { return try exactly(reference) }
        var siblings: [Resolution] = []
        for sidecar in try sidecars() {
            guard let resolution = try? sidecar.resolution.decoded(as: Resolution.self),
                resolution.reference.stem == reference.stem
            else { continue }
            siblings.append(resolution)
        }
        let sameRevision = siblings.filter { $0.reference.revision == reference.revision }
        let found = sameRevision.filter { $0.reference.selector == reference.selector }
        let matching = found.isEmpty ? sameRevision.filter { reference.means($0.reference) } : found
        let chosen = matching.count == 1 ? matching.first : Self.preferred(matching)
        guard let chosen else {
            throw matching.isEmpty ? missing(reference, siblings) : ambiguous(reference, matching)
        }
        if choice.requiresProjector, !chosen.files.contains(where: { $0.path.isProjector }) {
            throw ProvisionError(
                .offline, "\(chosen.reference) is stored without a projector, and no request may be made",
                remedy: "run it without --offline and HF_HUB_OFFLINE")
        }
        return chosen
    }

    private func exactly(_ reference: ArtifactReference) throws(ProvisionError) -> Resolution? {
        let item = StoreItem(kind: .model, id: reference.description)
        return try pipeline.sidecar(item).flatMap { try? $0.resolution.decoded(as: Resolution.self) }
    }

    private func sidecars() throws(ProvisionError) -> [Sidecar] {
        do {
            return try pipeline.store.sidecars(.model).whole
        } catch {
            throw ProvisionError(pipeline: error)
        }
    }

    /// Of several quantizations or tags the one that would have been taken.
    private static func preferred(_ stored: [Resolution]) -> Resolution? {
        (ModelSelection.preferredQuantizations + ["latest"]).lazy.compactMap { wanted in
            stored.first { $0.reference.selector == wanted }
        }.first
    }

    private func missing(_ reference: ArtifactReference, _ siblings: [Resolution]) -> ProvisionError {
        let names = siblings.map(\.reference.description).sorted().joined(separator: ", ")
        let remedy = "run it without --offline and HF_HUB_OFFLINE"
        return ProvisionError(
            .offline, "\(reference) is not stored, and no request may be made",
            remedy: names.isEmpty ? remedy : "stored of it is \(names); for another, \(remedy)")
    }

    private func ambiguous(_ reference: ArtifactReference, _ matching: [Resolution]) -> ProvisionError {
        let names = matching.map(\.reference.description).sorted().joined(separator: ", ")
        return ProvisionError(
            .selectorNotFound, "\(reference) means several stored models", remedy: "name one of \(names)")
    }
}

extension ArtifactReference {
    /// Whether a stored reference is what this one would have come to. Without selector any model but a set of patterns
    /// is meant; a quantization is meant in any case and without `UD-`; a file by its name in any folder.
    fileprivate func means(_ stored: ArtifactReference) -> Bool {
        guard let selector else { return stored.patterns == nil }
        guard patterns == nil, let known = stored.selector, stored.patterns == nil else { return false }
        if known.lowercased() == selector.lowercased() || known.hasSuffix("/\(selector)") { return true }
        return Quantization.parse(known)?.description == known
            && Quantization.parse(known)?.matches(selector: selector) == true
    }
}
