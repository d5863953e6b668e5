/// What the hub says of a model beside its files.
public struct ModelTraits: Sendable {
    public enum Gate: String, Sendable {
        case auto
        case manual
    }

    public var isPrivate: Bool
    public var gate: Gate?
    public var tags: [String]
    public var license: String?
    /// With a gate: whether the hub's token has been granted access.
    public var isGranted: Bool

    public init(
        isPrivate: Bool = false, gate: Gate? = nil, tags: [String] = [], license: String? = nil, isGranted: Bool = true
    ) {
        self.isPrivate = isPrivate
        self.gate = gate
        self.tags = tags
        self.license = license
        self.isGranted = isGranted
    }
}
