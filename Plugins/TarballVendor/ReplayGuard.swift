import ArtifactTypes
import Provisioning

/// Refuses an older release that is passed off as the newest one: what is signed is signed for ever, and a server that
/// does not hold the key can still choose which signed file it serves.
struct ReplayGuard: Sendable {
    let reference: ArtifactReference
    /// Of the release that is offered.
    let tag: String
    /// When it was published, as the forge says.
    let published: String?
    /// False where the user named a tag.
    let isLatest: Bool
    /// The asset's name.
    let asset: String
    /// What the store holds of the same project.
    let held: [Resolution]

    init(
        _ asked: ForgeReference, _ reference: ArtifactReference, tag: String, published: String? = nil, asset: String,
        held: [Resolution] = []
    ) {
        self.reference = reference
        self.tag = tag
        self.published = published
        self.asset = asset
        isLatest = asked.tag == nil
        self.held = held.filter { $0.reference.locator == reference.locator }
    }

    /// - Throws: `.untrusted` where what is the latest now is older than what is here.
    func checkLatest() throws(ProvisionError) {
        guard isLatest, let newer = held.first(where: { order(to: $0) == .older }) else { return }
        throw refusal(
            "the latest release of \(reference.locator) is \(tag) now, which is older than "
                + "\(Self.tag(of: newer) ?? "") that is here", naming: reference.selector)
    }

    /// By the tags; where they are not of one row, by the times at which the forge says that they were published.
    private func order(to other: Resolution) -> ReleaseOrder? {
        guard let held = Self.tag(of: other) else { return nil }
        if held == tag { return .same }
        if let order = ReleaseOrder.of(tag, to: held) { return order }
        guard let published, let before = other.metadata.published else { return nil }
        return published < before ? .older : .newer
    }

    /// What is rightly signed may be of an older release: names tell, of the asset, in a file of checksums, at the top of
    /// an archive.
    ///
    /// - Throws: `.untrusted` where `names` tell of other versions alone.
    func checkNames(_ names: [String], signed: String) throws(ProvisionError) {
        guard let version = ReleaseOrder.versions(in: tag).last, !isNamedInFull else { return }
        let told = names.flatMap(ReleaseOrder.versions).filter { Self.length($0) == Self.length(version) }
        guard let other = told.first, !told.contains(version) else { return }
        throw refusal("\(signed) of \(tag) is signed, and tells of \(other)")
    }

    /// - Throws: `.untrusted` where a release has the very bytes of another one that is here and not newer than it.
    func checkContent(_ found: FileEvidence.Found) throws(ProvisionError) {
        if isNamedInFull { return }
        let same = held.first { other in
            let order = order(to: other)
            return order != .same && order != .older && other.files.contains { Self.isSame($0, as: found) }
        }
        guard let here = same.flatMap(Self.tag) else { return }
        throw refusal("\(tag) of \(reference.locator) is byte for byte the \(here) that is here")
    }

    /// One signature is of one content. Its lines may be broken in other places.
    private static func isSame(_ file: RemoteFile, as found: FileEvidence.Found) -> Bool {
        if let digest = found.digest, file.digest == digest { return true }
        guard let signature = found.signature, let other = file.signature else { return false }
        return signature.filter { !$0.isWhitespace } == other.filter { !$0.isWhitespace }
    }

    /// Whoever types a tag and a file's whole name has seen both.
    private var isNamedInFull: Bool { !isLatest && reference.selector == asset }

    private func refusal(_ message: String) -> ProvisionError { refusal(message, naming: asset) }

    private func refusal(_ message: String, naming selector: String?) -> ProvisionError {
        var named = reference
        named.revision = tag
        named.selector = selector
        return ProvisionError(
            .untrusted, message.visiblyEscaped,
            remedy: "nothing was installed; to take it all the same, name it: \(named)".visiblyEscaped)
    }

    private static func tag(of resolution: Resolution) -> String? { resolution.reference.revision }

    private static func length(_ version: String) -> Int { version.split(separator: ".").count }
}
