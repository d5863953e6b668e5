import ArtifactTypes
import Provisioning

/// A resolution as long as one may be: what is longer is refused before it takes more memory than its message did.
struct BoundedResolution: Decodable {
    /// More files than any model has.
    static let maximumFiles = 10_000
    private static let maximumTags = 1_000
    /// Of a license's name and of a tag, in bytes.
    private static let maximumName = 1 << 10
    /// Of a chat template or system message, in bytes.
    private static let maximumText = 256 << 10

    struct TooLong: Error {
        let reason: String
    }

    let resolution: Resolution

    private enum CodingKeys: String, CodingKey {
        case files
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if var files = try? container.nestedUnkeyedContainer(forKey: .files) {
            var count = 0
            while !files.isAtEnd {
                _ = try files.superDecoder()
                count += 1
                guard count <= Self.maximumFiles else {
                    throw TooLong(reason: "more than \(Self.maximumFiles) files")
                }
            }
        }
        resolution = try Resolution(from: decoder)
        let metadata = resolution.metadata
        guard metadata.tags.count <= Self.maximumTags else {
            throw TooLong(reason: "more than \(Self.maximumTags) tags")
        }
        guard (metadata.tags + [metadata.license ?? ""]).allSatisfy({ $0.utf8.count <= Self.maximumName }) else {
            throw TooLong(reason: "a license or tag of more than \(Self.maximumName) bytes")
        }
        let texts = [metadata.defaults?.template, metadata.defaults?.system].compactMap(\.self)
        guard texts.allSatisfy({ $0.utf8.count <= Self.maximumText }) else {
            throw TooLong(reason: "a template or system message of more than \(Self.maximumText >> 10) KiB")
        }
    }
}
