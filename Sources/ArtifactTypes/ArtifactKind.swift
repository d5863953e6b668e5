/// What an artifact is. Each kind has a catalog of its own and a folder of its own in the store.
public enum ArtifactKind: String, Codable, Sendable, CaseIterable {
    case model
    case worker

    /// The name of the kind's folder in the store, and of its list in a vendor's `provides`.
    public var plural: String { rawValue + "s" }
}
