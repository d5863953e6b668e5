import ArtifactTypes
import GitCheckout
import Provisioning

/// What a reference asks of a configured vendor.
struct GitRequest {
    var primary: GitSource
    var mirrors: [GitSource]
    var revision: GitRevision

    /// - Throws: `.invalid` for a selector, a malformed URL or name, or a fragment with anything but one of `branch`,
    ///   `tag` and `commit`.
    init(_ reference: ArtifactReference, _ settings: GitSettings) throws(ProvisionError) {
        if let selector = reference.selector {
            throw ProvisionError(.invalid, "\(reference): a git repository has no part named \"\(selector)\"")
        }
        mirrors = settings.mirrors
        if let primary = settings.primary {
            self.primary = primary
            revision =
                try reference.revision.map { text throws(ProvisionError) in
                    try Self.named(text, reference)
                } ?? settings.revision
        } else {
            guard reference.isURL, reference.locator.hasPrefix("git+") else {
                throw ProvisionError(.invalid, "\(reference) is not a git+https://… reference")
            }
            do throws(GitError) {
                primary = GitSource(
                    url: try GitURL(String(reference.locator.dropFirst(4))), caFile: settings.caFile)
            } catch {
                throw ProvisionError(error)
            }
            revision = try Self.fragment(of: reference) ?? settings.revision
        }
    }

    private static func fragment(of reference: ArtifactReference) throws(ProvisionError) -> GitRevision? {
        guard let item = reference.fragment.first else { return nil }
        let isName = GitRevision.isName(item.value)
        switch (item.key, reference.fragment.count) {
        case ("branch", 1) where isName: return .branch(item.value)
        case ("tag", 1) where isName: return .tag(item.value)
        case ("commit", 1) where GitRevision.isCommit(item.value): return .commit(item.value)
        default:
            throw ProvisionError(
                .invalid, "\(reference): the fragment is not understood",
                remedy: "write #branch=NAME, #tag=NAME or #commit= with all 40 digits")
        }
    }

    private static func named(_ text: String, _ reference: ArtifactReference) throws(ProvisionError) -> GitRevision {
        if GitRevision.isCommit(text) { return .commit(text) }
        guard GitRevision.isName(text) else {
            throw ProvisionError(.invalid, "\(reference): \"\(text)\" is no name that git allows")
        }
        return .named(text)
    }
}

extension GitRevision {
    /// The tag that was asked for by this very kind.
    var tag: String? { if case .tag(let name) = self { name } else { nil } }

    var name: String {
        switch self {
        case .head: "HEAD"
        case .branch(let name), .tag(let name), .named(let name), .commit(let name): name
        }
    }
}
