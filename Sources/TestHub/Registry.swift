import FoundationEssentials
import Synchronization

/// A layer of an artifact in the hub's container registry.
public struct RegistryLayer: Sendable {
    public var mediaType: String
    public var body: TestBody
    public var annotations: [String: String]
    /// What the manifest says of its digest and where else it is to be had, where that is a lie.
    public var claimedDigest: String?
    public var urls: [String]

    public init(
        _ mediaType: String, _ body: TestBody, annotations: [String: String] = [:], claimedDigest: String? = nil,
        urls: [String] = []
    ) {
        self.mediaType = mediaType
        self.body = body
        self.annotations = annotations
        self.claimedDigest = claimedDigest
        self.urls = urls
    }

    public init(_ mediaType: String, text: String, annotations: [String: String] = [:]) {
        self.init(mediaType, .bytes(Array(text.utf8)), annotations: annotations)
    }
}

/// Who may read from the hub's registry.
public enum RegistryAccess: Sendable {
    case open
    /// By a login with each request.
    case basic(user: String, password: String)
    /// By a token that the hub's own `/token` gives: to anybody where there is no user, and for `refreshToken`.
    ///
    /// - Parameter realm: what the challenge says instead of the hub's own.
    case token(user: String?, password: String?, refreshToken: String? = nil, realm: String? = nil)
}

/// One manifest, as its bytes are served.
struct RegistryManifest: Sendable {
    let bytes: [UInt8]
    let mediaType: String
    let digest: String
}

struct Registry: Sendable {
    var access = RegistryAccess.open
    /// By repository, and there by tag and by digest.
    var manifests: [String: [String: RegistryManifest]] = [:]
    /// By repository and digest.
    var blobs: [String: [String: ServedFile]] = [:]
}

extension TestHub {
    public static let imageManifest = "application/vnd.oci.image.manifest.v1+json"
    public static let imageIndex = "application/vnd.oci.image.index.v1+json"

    private struct Described: Encodable {
        var mediaType: String
        var digest: String
        var size: Int64
        var annotations: [String: String]?
        var urls: [String]?
    }

    private struct Manifest: Encodable {
        var schemaVersion = 2
        var mediaType = TestHub.imageManifest
        var config: Described
        var layers: [Described]
        var annotations: [String: String]?
    }

    public func setRegistryAccess(_ access: RegistryAccess) {
        state.contents.withLock { $0.registry.access = access }
    }

    /// Adds an artifact under a tag, or moves the tag.
    /// - Returns: the manifest's digest.
    @discardableResult
    public func addArtifact(
        _ repository: String, tag: String?, layers: [RegistryLayer],
        config: RegistryLayer = RegistryLayer("application/vnd.oci.empty.v1+json", text: "{}"),
        annotations: [String: String]? = nil
    ) throws(TestHubError) -> String {
        var described: [Described] = []
        for layer in [config] + layers {
            let digest = "sha256:" + (try Self.sha256(of: layer.body))
            let file = ServedFile(body: layer.body, etag: digest)
            let claimed = layer.claimedDigest ?? digest
            state.contents.withLock { contents in
                contents.registry.blobs[repository, default: [:]][claimed] = file
                contents.cdnFiles["/cdn/registry/\(claimed)"] = file
            }
            described.append(
                Described(
                    mediaType: layer.mediaType, digest: claimed, size: layer.body.size,
                    annotations: layer.annotations.isEmpty ? nil : layer.annotations,
                    urls: layer.urls.isEmpty ? nil : layer.urls))
        }
        let manifest = Manifest(
            config: described[0], layers: Array(described.dropFirst()), annotations: annotations)
        return try addManifest(repository, tag: tag, JSON.encode(manifest))
    }

    /// Adds any bytes as a manifest, found by its digest and, where there is one, its tag.
    /// - Returns: its digest.
    @discardableResult
    public func addManifest(
        _ repository: String, tag: String?, _ bytes: [UInt8], mediaType: String = TestHub.imageManifest
    ) throws(TestHubError) -> String {
        let digest = "sha256:" + (try Self.sha256(of: .bytes(bytes)))
        let manifest = RegistryManifest(bytes: bytes, mediaType: mediaType, digest: digest)
        state.contents.withLock { contents in
            for name in [digest, tag].compactMap(\.self) {
                contents.registry.manifests[repository, default: [:]][name] = manifest
            }
        }
        return digest
    }

    /// The length of a manifest, as an index has it.
    public func manifestSize(_ repository: String, _ digest: String) -> Int? {
        state.contents.withLock { $0.registry.manifests[repository]?[digest]?.bytes.count }
    }

    /// Serves one manifest under the name of another, as a registry that lies would.
    public func serve(_ repository: String, _ reference: String, as other: String) {
        state.contents.withLock { contents in
            let manifest = contents.registry.manifests[repository]?[other]
            contents.registry.manifests[repository]?[reference] = manifest
        }
    }
}
