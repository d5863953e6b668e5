import ArtifactTypes
import ContentStore
import Foundation
import ModelFormats
import Pipeline
import Provisioning
import Vendors

extension ModelProvisioner {
    /// Step 2. Of a repository's listing the files are chosen; what a vendor listed exactly is taken as it is, but for
    /// pickles.
    func select(
        from resolution: Resolution, of match: VendorRegistry.Match, _ choice: ModelChoice, for job: ProvisionJob
    ) throws(ProvisionError) -> Resolution {
        guard case .files(let files, let listing) = resolution.payload else { return resolution }
        let isChosen = listing == .repository || resolution.reference.patterns != nil
        let listed = files.map { ModelSelection.File(path: $0.path, size: $0.size) }
        let allowPickle = choice.allowsPickle(from: match)
        let selection: ModelSelection
        do throws(ModelSelectionError) {
            selection =
                isChosen
                ? try ModelSelection.select(
                    listed, selector: resolution.reference.selector, projector: choice.projector,
                    allowPickle: allowPickle)
                : try ModelSelection.exact(
                    listed, archives: Set(files.filter { $0.unpack.isArchive }.map(\.path)),
                    names: match.reference.fileNames, allowPickle: allowPickle)
        } catch {
            throw ProvisionError(error).of("\(resolution.reference.withoutSecrets)")
        }
        for note in selection.notes { job.progress(.notice(note)) }
        let chosen = Set(selection.paths)
        var kept = files.filter { chosen.contains($0.path) }
        if listing == .repository { leaveOutSidecar(of: &kept, for: job) }
        var selected = resolution
        // A URL has no room for a selector: what was chosen at it follows from the listing alone.
        if isChosen, !selected.reference.isURL { selected.reference.selector = selection.selector }
        selected.payload = .files(kept, listing: listing)
        return selected
    }

    /// A repository may have a file of the name that the store needs itself. One that has nothing else is refused later.
    private func leaveOutSidecar(of files: inout [RemoteFile], for job: ProvisionJob) {
        let others = files.filter { !Sidecar.isItsName($0.path) }
        guard !others.isEmpty, let own = files.first(where: { Sidecar.isItsName($0.path) }) else { return }
        job.progress(.notice("left out, since the store has a file of its own of that name: \(own.path)"))
        files = others
    }

    /// What comes out of an archive is judged like what is listed: its names were not known before.
    func checkPickles(unpackedTo tree: StagedTree, of plan: Plan) throws(ProvisionError) {
        let listed = Set(plan.resolution.files.filter { !$0.unpack.isArchive }.map(\.path))
        let names = tree.files.map(\.path) + tree.links.map(\.path)
        guard let pickle = names.first(where: { $0.isPickle && !listed.contains($0) }) else { return }
        let reference = plan.match.reference.withoutSecrets
        throw ProvisionError(
            .unsafeContent, "\(reference): the archive has \(pickle), a pickle, which can run code when it is loaded",
            remedy: "pass --allow-pickle if it shall be taken; what has arrived is kept")
    }
}

extension ModelChoice {
    /// By the user's word or that of the vendor's trust table.
    func allowsPickle(from match: VendorRegistry.Match) -> Bool {
        allowPickle || match.configuration.trust.allowPickle
    }
}

extension ArtifactReference {
    /// What may be a file's name in it, or a pattern of such.
    fileprivate var fileNames: [String] {
        let path = isURL ? locator.prefix { $0 != "?" } : locator[...]
        guard let last = path.split(separator: "/").last.map(String.init) else { return [] }
        let name = isURL ? last.removingPercentEncoding ?? last : last
        // `model.bin.zst` names what is in it.
        let content = (try? RelativePath(name)).flatMap { try? Unpack.payload(of: $0).path.string }
        return [name, content, selector].compactMap(\.self)
    }
}
