import ArtifactTypes
import Provisioning

/// A server that speaks the hub's read API: the endpoint or a mirror.
struct HubServer: Sendable {
    /// `scheme://host[:port][/prefix]`, without a slash at the end.
    let url: String
    /// `scheme://host[:port]` in lower case, without the scheme's own port.
    let origin: String
    let token: SecretSource?

    /// - Parameter option: what names it, for the error.
    /// - Throws: `.configuration` for anything but a plain http or https URL.
    init(url text: String, token: SecretSource?, option: String = "endpoint") throws(ProvisionError) {
        var url = text
        while url.hasSuffix("/") { url.removeLast() }
        guard let origin = Self.origin(of: url), !url.contains(where: { "?# \\@".contains($0) }),
            !url.unicodeScalars.contains(where: \.isControlOrInvisible)
        else {
            // What stands before an "@" may be a password.
            let shown = text.contains("@") ? option : "\"\(text.visiblyEscaped.prefix(200))\""
            throw ProvisionError(
                .configuration, "\(shown) is not the URL of a hub",
                remedy: "write https://HOST, without user, query or fragment", option: option)
        }
        self.url = url
        self.origin = origin
        self.token = token
    }

    /// Whether a secret sent here can be read on the way.
    var isPlain: Bool { WebOrigin(of: origin)?.isPlain ?? true }

    /// The origin of an http or https URL as text; nil for any other text.
    static func origin(of url: String) -> String? { WebOrigin(of: url)?.description }
}

// MARK: - The API's paths

extension HubServer {
    /// `/api/models/ID/revision/REV`: the commit and what the hub says of the model.
    func modelURL(_ id: RepositoryID, revision: String) -> String {
        "\(url)/api/models/\(id)/revision/\(revision.percentEncoded())"
    }

    func treeURL(_ id: RepositoryID, commit: String) -> String {
        "\(url)/api/models/\(id)/tree/\(commit)?recursive=true"
    }

    /// Answers 403 where the token's account has not been granted access to a gated model.
    func accessURL(_ id: RepositoryID) -> String {
        "\(url)/api/models/\(id)/auth-check"
    }

    func fileURL(_ id: RepositoryID, commit: String, path: RelativePath) -> String {
        "\(url)/\(id)/resolve/\(commit)/\(path.string.percentEncoded(keepingSlashes: true))"
    }
}
