import ArtifactTypes
import Provisioning

/// A registry: where it is, and what users and Docker call it.
struct RegistryServer: Sendable, Hashable {
    let origin: WebOrigin
    /// As references name it, in lower case.
    let names: [String]

    /// Docker's Hub answers at another host than its name.
    private static let hubNames = ["docker.io", "index.docker.io", "registry-1.docker.io"]
    private static let hubOrigin = WebOrigin(of: "https://registry-1.docker.io")

    /// Token services of other hosts that are known to be the registry's own.
    private static let knownRealms = [
        "https://registry-1.docker.io": "https://auth.docker.io", "https://registry.gitlab.com": "https://gitlab.com",
    ]

    init(origin: WebOrigin) {
        if Self.hubNames.contains(origin.authority), let hub = Self.hubOrigin {
            self.origin = hub
            names = Self.hubNames
        } else {
            self.origin = origin
            names = [origin.authority]
        }
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

    var isHub: Bool { origin == Self.hubOrigin }

    /// Whether a password for this registry may go to `realm`.
    func trusts(realm: WebOrigin) -> Bool {
        realm == origin || Self.knownRealms[origin.description] == realm.description
    }

    /// `/v2/NAME/manifests/REFERENCE`, by tag or digest.
    func manifestURL(_ repository: String, _ reference: String) -> String {
        "\(origin)/v2/\(repository)/manifests/\(reference)"
    }

    func blobURL(_ repository: String, _ digest: Digest) -> String {
        "\(origin)/v2/\(repository)/blobs/\(digest)"
    }
}
