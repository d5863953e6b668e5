public import ArtifactTypes

/// What the store files an artifact under: its kind and its true id.
public struct StoreItem: Sendable, Hashable, Codable, CustomStringConvertible {
    public let kind: ArtifactKind
    /// The canonical reference of a model, the id of a worker. Any text: only its encoding becomes a name on disk.
    public let id: String

    public init(kind: ArtifactKind, id: String) {
        self.kind = kind
        self.id = id
    }

    public var description: String { "\(kind.rawValue) \(id)".visiblyEscaped }
    var key: String { ContentStore.key(for: id) }
}
