import ArtifactTypes
import Provisioning

/// A reference to a forge's release, taken apart: `github:owner/repo@tag:pattern`.
struct ForgeReference: Sendable {
    /// The server's origin.
    let origin: String
    /// `owner/name`; with GitLab, a path of groups before the name.
    let project: String
    /// Nil for the latest.
    let tag: String?
    /// The revision that a resolution of ours has recorded, where the reference is one that was pinned by it.
    let pinned: String?
    /// Which asset; nil where the release has only one.
    let pattern: String?

    /// - Parameter origin: the instance's; nil where the reference begins with the host.
    /// - Throws: `.invalid` for anything that is no project of such a forge.
    init(_ reference: ArtifactReference, kind: ForgeKind, origin: String?) throws(ProvisionError) {
        var parts = reference.locator.split(separator: "/")[...]
        if let origin {
            self.origin = origin
        } else {
            guard let host = parts.popFirst(), let url = WebURL("https://\(host)"), url.path.isEmpty else {
                throw ProvisionError(
                    .invalid, "\(reference) names no host", remedy: "write \(kind.rawValue):HOST/OWNER/NAME@TAG:ASSET")
            }
            self.origin = url.origin
        }
        guard kind == .gitlab ? parts.count >= 2 : parts.count == 2 else {
            throw ProvisionError(
                .invalid, "\(reference) is no project of a forge",
                remedy: "write \(reference.vendor ?? kind.rawValue):OWNER/NAME@TAG:ASSET")
        }
        project = parts.joined(separator: "/")
        pattern = reference.selector
        let revision = reference.revision == "latest" ? nil : reference.revision
        // No git tag has a colon (git-check-ref-format).
        tag = revision.map { String($0.prefix { $0 != ":" }) }
        pinned = revision.flatMap { $0.contains(":") ? $0 : nil }
    }
}
