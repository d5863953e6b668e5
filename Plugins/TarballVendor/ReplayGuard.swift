import ArtifactTypes
import Provisioning

/// Refuses an older release that is passed off as the newest one: what is signed is signed for ever, and a server that
/// does not hold the key can still choose which signed file it serves.
struct ReplayGuard: Sendable {
    let reference: ArtifactReference
    let release: ReleaseAnswer
    /// False where the user named a tag.
    let isLatest: Bool
    /// What the store holds of the same project.
    let held: [Resolution]

    init(_ reference: ArtifactReference, _ release: ReleaseAnswer, isLatest: Bool, held: [Resolution]) {
        self.reference = reference
        self.release = release
        self.isLatest = isLatest
        self.held = held.filter { $0.reference.locator == reference.locator }
    }

    /// - Throws: `.untrusted` where what is the latest now is older than what is here.
    func checkLatest() throws(ProvisionError) {
        guard isLatest, let newer = held.first(where: isOlder) else { return }
        throw refusal(
            "the latest release of \(reference.locator) is \(release.tag) now, which is older than "
                + "\(Self.tag(of: newer) ?? "") that is here")
    }

    /// The tags decide; where they are not of one row, the times at which the forge says that they were published.
    private func isOlder(than other: Resolution) -> Bool {
        guard let tag = Self.tag(of: other), tag != release.tag else { return false }
        if let order = ReleaseOrder.of(release.tag, to: tag) { return order == .older }
        guard let published = release.published, let before = other.metadata.published else { return false }
        return published < before
    }

    /// A file of checksums, rightly signed, may be that of an older release: its names tell.
    ///
    /// - Throws: `.untrusted` where the asset, else the file of checksums and all that it lists, is of other versions alone.
    func checkNames(_ asset: String, listedIn list: String, with names: [String]) throws(ProvisionError) {
        guard let version = ReleaseOrder.versions(in: release.tag).last, !isNamedInFull(asset) else { return }
        let length = Self.length(version)
        for names in [[asset], [list] + names] {
            let told = names.flatMap(ReleaseOrder.versions).filter { Self.length($0) == length }
            if told.contains(version) { return }
            guard let other = told.first else { continue }
            throw refusal("\(list) of \(release.tag) is signed, and tells of \(other)", asset)
        }
    }

    /// - Throws: `.untrusted` where the newest release has the very bytes of another one that is here.
    func checkContent(_ digest: Digest?) throws(ProvisionError) {
        guard isLatest, let digest else { return }
        let same = held.first { Self.tag(of: $0) != release.tag && $0.files.contains { $0.digest == digest } }
        guard let tag = same.flatMap(Self.tag) else { return }
        throw refusal("\(release.tag) of \(reference.locator) is byte for byte the \(tag) that is here")
    }

    /// Whoever types a tag and a file's whole name has seen both.
    private func isNamedInFull(_ asset: String) -> Bool { !isLatest && reference.selector == asset }

    private func refusal(_ message: String, _ asset: String? = nil) -> ProvisionError {
        var named = reference
        named.revision = release.tag
        named.selector = asset ?? named.selector
        return ProvisionError(
            .untrusted, message.visiblyEscaped,
            remedy: "nothing was installed; to take it all the same, name it: \(named)".visiblyEscaped)
    }

    private static func tag(of resolution: Resolution) -> String? { resolution.reference.revision }

    private static func length(_ version: String) -> Int { version.split(separator: ".").count }
}
