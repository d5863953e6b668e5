import ArtifactTypes
import ContentStore
import Pipeline
public import Provisioning
import WorkerCatalog

/// What may take the place of a worker that is here.
extension WorkerProvisioner {
    /// A worker's id says nothing of where it comes from. Under the id of one that is here comes only what is from the
    /// same place, and vouched for as much as that one was.
    ///
    /// - Parameters:
    ///   - resolution: where the new one is from.
    ///   - isVouchedFor: whether anything published says what its content is to be; nil while that is not known.
    ///   - remedy: how to have it all the same.
    /// - Throws: `.untrusted` for anything else.
    public func checkSuccession(
        of id: String, by resolution: Resolution, isVouchedFor: Bool?, remedy: String
    ) throws(ProvisionError) {
        guard let held = try pipeline.sidecar(StoreItem(kind: .worker, id: id)),
            let entry = try? WorkerBinary(held), let known = try? held.resolution.decoded(as: Resolution.self)
        else { return }
        if !known.isOfSamePlace(as: resolution) {
            throw ProvisionError(
                .untrusted, "\(id) is here already from \(known.place), and this one is from \(resolution.place)",
                remedy: remedy)
        }
        if let asset = known.reference.selector, let other = resolution.reference.selector, asset != other,
            known.reference.revision == resolution.reference.revision, OfferedRecipe(selector: asset) == nil
        {
            // As one for gnu's libc and one for musl: the names of both come to the same id.
            throw ProvisionError(
                .untrusted, "\(id) is here already as \(asset) of that release, and this one is \(other)",
                remedy: remedy)
        }
        let isSigned = { (resolution: Resolution) in resolution.files.contains { $0.signature != nil } }
        if isSigned(known), !isSigned(resolution) {
            throw ProvisionError(
                .untrusted, "\(id) is here already, signed, and nobody has signed this one", remedy: remedy)
        }
        let isSameCommit = known.git != nil && known.git?.commit == resolution.git?.commit
        if entry.verified, isVouchedFor == false, !isSameCommit {
            throw ProvisionError(
                .untrusted, "\(id) is here already, verified, and nothing vouches for this one", remedy: remedy)
        }
    }
}

extension Resolution {
    /// Whether both are from one place, or have the same content wherever they are from. A revision alone does not tell:
    /// that of a URL may be no more than a date.
    func isOfSamePlace(as other: Resolution) -> Bool {
        if place == other.place { return true }
        if let git, let other = other.git { return git.commit == other.commit }
        let digests = files.map(\.digest)
        return !digests.isEmpty && !digests.contains(nil) && digests == other.files.map(\.digest)
    }

    /// Where it is from, without what may be a secret or changes from one day to the next. What a worker is built from may
    /// be another repository than the one that its reference names.
    fileprivate var place: String { git.map { PackageOrigin.plain($0.url) } ?? reference.stem.withoutQuery }
}
