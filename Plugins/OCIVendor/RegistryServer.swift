import ArtifactTypes
import Provisioning

/// A registry: where it is, and what users and Docker call it.
struct RegistryServer: Sendable, Hashable {
    let origin: WebOrigin
    /// As references name it, in lower case.
    let names: [String]
    /// What stands there before each repository's name, as `hub/`: a mirror may have several registries' content.
    let prefix: String

    /// Docker's Hub answers at another host than its name.
    private static let hubNames = ["docker.io", "index.docker.io", "registry-1.docker.io"]
    private static let hubOrigin = WebOrigin(of: "https://registry-1.docker.io")

    /// Token services of other hosts that are known to be the registry's own.
    private static let knownRealms = [
        "https://registry-1.docker.io": "https://auth.docker.io", "https://registry.gitlab.com": "https://gitlab.com",
    ]

    init(origin: WebOrigin) {
        prefix = ""
        if Self.hubNames.contains(origin.authority), let hub = Self.hubOrigin {
            self.origin = hub
            names = Self.hubNames
        } else {
            self.origin = origin
            names = [origin.authority]
        }
    }

    /// A mirror.
    ///
    /// - Parameter url: `https://HOST[:PORT]`, or with what stands before repositories' names there.
    init?(mirror url: String) {
        guard let origin = WebOrigin(of: url), let start = url.firstRange(of: "://")?.upperBound,
            !url.contains(where: { $0 == "?" || $0 == "#" })
        else { return nil }
        let parts = url[start...].split(separator: "/").dropFirst()
        guard parts.allSatisfy({ OCIReference.objection(toName: String($0)) == nil }) else { return nil }
        self.origin = origin
        prefix = parts.map { "\($0)/" }.joined()
        names = [origin.authority]
    }

    /// - Parameter authority: `HOST[:PORT]`; on this machine it is asked in the clear, anywhere else by https.
    init?(authority: String) {
        guard let secure = WebOrigin(of: "https://\(authority)"), secure.isAll(of: "https://\(authority)") else {
            return nil
        }
        guard secure.isLoopback else {
            self.init(origin: secure)
            return
        }
        guard let plain = WebOrigin(of: "http://\(authority)") else { return nil }
        self.init(origin: plain)
    }

    /// As messages name it.
    var url: String { prefix.isEmpty ? origin.description : "\(origin)/\(prefix.dropLast())" }

    var isHub: Bool { origin == Self.hubOrigin }

    /// Whether a password for this registry may go to `realm`.
    func trusts(realm: WebOrigin) -> Bool {
        realm == origin || Self.knownRealms[origin.description] == realm.description
    }

    /// `/v2/NAME/manifests/REFERENCE`, by tag or digest.
    func manifestURL(_ repository: String, _ reference: String) -> String {
        "\(origin)/v2/\(prefix)\(repository)/manifests/\(reference)"
    }

    func blobURL(_ repository: String, _ digest: Digest) -> String {
        "\(origin)/v2/\(prefix)\(repository)/blobs/\(digest)"
    }
}
