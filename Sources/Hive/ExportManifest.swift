import ArtifactTypes
import ContentStore
import FoundationEssentials
import Provisioning

/// The first entry of an export: what is in it. What comes after it follows from it, name by name and in that order, so
/// that an archive with anything else in it is refused.
///
/// ```
/// rbee-export.json                 this
/// SHA256SUMS                       of it and of all content, for sha256sum -c
/// models/<key>/<path>              content, as the store has it below its root; likewise workers/<key>/<path>
/// ```
/// Content that came before is a hard link to where it did. Unpacked by tar the folders are as in the store.
struct ExportManifest: Codable, Sendable {
    static let fileName = "rbee-export.json"
    static let sumsName = "SHA256SUMS"
    private static let currentVersion = 1
    /// As the store allows for one sidecar.
    static let maximumSize: Int64 = 64 << 20

    struct Item: Codable, Sendable {
        /// The artifact.json, its entry's path told from the artifact's folder on.
        let artifact: Sidecar
        let pinned: Bool
    }

    let version: Int
    let items: [Item]

    private enum CodingKeys: String, CodingKey {
        case version
        case items = "artifacts"
    }

    init(_ items: [Item]) {
        version = Self.currentVersion
        self.items = items
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        version = try container.decode(Int.self, forKey: .version)
        guard version == Self.currentVersion else {
            throw DecodingError.dataCorruptedError(
                forKey: .version, in: container, debugDescription: "version \(version) is not known")
        }
        items = try container.decode([Item].self, forKey: .items)
        if items.isEmpty {
            throw DecodingError.dataCorruptedError(
                forKey: .items, in: container, debugDescription: "it has no artifact")
        }
        if Set(items.map(\.artifact.item)).count < items.count {
            throw DecodingError.dataCorruptedError(
                forKey: .items, in: container, debugDescription: "it has an artifact twice")
        }
    }

    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }

    /// What the archive says of all sums, the manifest's own among them.
    func sums(of json: [UInt8]) throws -> [UInt8] {
        var text = "\(try ContentStore.digest(of: json).hex)  \(Self.fileName)\n"
        for (name, file) in contents { text += "\(file.digest.hex)  \(name)\n" }
        return Array(text.utf8)
    }

    init(decoding bytes: [UInt8]) throws(ProvisionError) {
        struct Header: Decodable { let version: Int }
        do {
            self = try JSONDecoder().decode(ExportManifest.self, from: Data(bytes))
        } catch {
            let version = try? JSONDecoder().decode(Header.self, from: Data(bytes)).version
            if let version, version != Self.currentVersion {
                throw ProvisionError(
                    .digestMismatch, "its manifest is of version \(version), and \(Self.currentVersion) is read here",
                    remedy: "import it with the rbee-hive that wrote it, or a newer one")
            }
            throw ProvisionError(
                .digestMismatch, "archive entry \"\(Self.fileName)\": not a manifest of an export: \(error)")
        }
    }
}

extension ExportManifest {
    /// One entry of the archive, after the manifest.
    struct Entry: Sendable {
        enum Content: Sendable {
            case file
            /// The same content as an earlier entry's.
            case copy(of: String)
            case link(SidecarLink)
        }

        let name: String
        let item: StoreItem
        /// Nil for a link.
        let file: SidecarFile?
        let content: Content
    }

    /// All entries, in their order.
    var entries: [Entry] {
        var first: [Digest: String] = [:]
        var entries: [Entry] = []
        for artifact in items.map(\.artifact) {
            let item = artifact.item
            for file in artifact.files {
                let name = Self.name(of: file.path, in: item)
                let earlier = file.blob ? first[file.digest] : nil
                if file.blob, earlier == nil { first[file.digest] = name }
                entries.append(
                    Entry(name: name, item: item, file: file, content: earlier.map { .copy(of: $0) } ?? .file))
            }
            for link in artifact.links {
                entries.append(
                    Entry(name: Self.name(of: link.path, in: item), item: item, file: nil, content: .link(link)))
            }
        }
        return entries
    }

    /// What the archive calls a path of an artifact.
    static func name(of path: RelativePath, in item: StoreItem) -> String {
        "\(item.kind.plural)/\(ContentStore.key(for: item.id))/\(path)"
    }

    /// The sum of `contents`, in bytes; as much as there can be where it is more.
    var size: Int64 {
        contents.reduce(0) { sum, content in
            let (next, overflow) = sum.addingReportingOverflow(content.file.size)
            return overflow ? .max : next
        }
    }

    /// The content that is in the archive, each once, in its order.
    var contents: [(name: String, file: SidecarFile)] {
        entries.compactMap { entry in
            guard case .file = entry.content, let file = entry.file else { return nil }
            return (entry.name, file)
        }
    }
}
