import ArtifactTypes
import FoundationEssentials
import Provisioning

/// What a registry keeps under a tag or digest: one artifact, or an index of several
/// (<https://github.com/opencontainers/image-spec>, manifest.md and image-index.md; Docker's schema 2 is read alike).
enum ManifestDocument: Sendable {
    case manifest(Manifest)
    case index([Descriptor])

    /// The types that are asked for.
    static let accepted = [
        "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    ].joined(separator: ", ")

    /// The longest that is read, in bytes: what registries accept at most.
    static let maximumBytes = 4 << 20

    private struct Raw: Decodable {
        var schemaVersion: Int?
        var mediaType: String?
        var config: Descriptor?
        var layers: [Descriptor]?
        var manifests: [Descriptor]?
        var annotations: [String: String]?
    }

    /// - Throws: `.unsafeContent` for what could be read as either of both; `.unsupported` for Docker's schema 1 and
    ///   what is neither.
    init(_ bytes: [UInt8], of subject: String) throws(ProvisionError) {
        let raw: Raw
        do {
            raw = try JSONDecoder().decode(Raw.self, from: Data(bytes))
        } catch {
            throw ProvisionError(.unavailable, "\(subject): its manifest is none: \(Self.reason(error))")
        }
        // One content that two readers take for different things could pass one's check and be the other's harm.
        let isIndex = raw.mediaType.map { $0.contains("index") || $0.contains("manifest.list") }
        guard raw.layers == nil || raw.manifests == nil,
            isIndex == nil || (raw.manifests != nil) == isIndex || (raw.layers == nil && raw.manifests == nil)
        else {
            throw ProvisionError(.unsafeContent, "\(subject): its manifest is an artifact and an index at once")
        }
        if let manifests = raw.manifests {
            self = .index(manifests)
        } else if raw.schemaVersion == 2, let layers = raw.layers {
            self = .manifest(Manifest(config: raw.config, layers: layers, annotations: raw.annotations ?? [:]))
        } else {
            throw ProvisionError(
                .unsupported, "\(subject): its manifest is of a kind that is not known",
                remedy: "push it anew as an OCI artifact")
        }
    }

    /// Where the JSON is wrong; nothing of what stands there.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "\(key.stringValue) is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "\(context.codingPath.map(\.stringValue).joined(separator: ".").visiblyEscaped.prefix(100)) is of a wrong type"
        default: "no JSON of that form"
        }
    }
}

/// One artifact.
struct Manifest: Sendable {
    var config: Descriptor?
    var layers: [Descriptor]
    var annotations: [String: String]
}

/// A blob or manifest by its digest (descriptor.md).
struct Descriptor: Sendable, Decodable {
    struct Platform: Sendable, Decodable, Hashable {
        var os: String
        var architecture: String
    }

    var mediaType: String
    var digest: String
    /// In bytes.
    var size: Int64
    /// Where else it may be had: foreign layers have such.
    var urls: [String]?
    var annotations: [String: String]?
    var platform: Platform?

    /// Without parameters, in lower case.
    var type: String { mediaType.prefix { $0 != ";" }.lowercased() }

    func annotation(_ name: String) -> String? { annotations?[name] }

    /// - Throws: `.unsafeContent` for a digest that is none, a size below zero, and content that the registry does not
    ///   itself have (foreign layers): whoever else is to be asked for it may be anyone.
    func checked(in subject: String) throws(ProvisionError) -> Digest {
        guard let digest = Digest(digest), digest.algorithm != .gitSHA1, size >= 0 else {
            throw ProvisionError(
                .unsafeContent, "\(subject): a descriptor has no digest or size of the right form",
                remedy: "tell its publisher; nothing was fetched")
        }
        guard urls?.isEmpty ?? true, !type.contains("foreign"), !type.contains("nondistributable") else {
            throw ProvisionError(
                .unsafeContent, "\(subject): the layer \(digest) is foreign: its content is to come from elsewhere",
                remedy: "an artifact whose layers are all in the registry is taken")
        }
        return digest
    }
}
