import ArtifactTypes
public import ContentStore
public import Provisioning
public import Vendors

/// What a reference came to: its files chosen and taken by its vendor's trust table, its place in the store known, no
/// payload moved.
public struct Plan: Sendable {
    public let match: VendorRegistry.Match
    public let resolution: Resolution
    public let item: StoreItem
    /// What the store held of just this, whole, when it was planned.
    public let held: Sidecar?

    init(match: VendorRegistry.Match, resolution: Resolution, item: StoreItem, held: Sidecar? = nil) {
        self.held = held
        self.match = match
        self.resolution = resolution
        self.item = item
    }
}

extension Plan {
    /// What is fetched, and who says what it is, as errors begin.
    var subject: String { "\(match.reference.withoutSecrets) of vendor \(match.name)" }

    /// What `max-size` leaves for the files that say no size, in bytes; nil where there is no such rule.
    var room: Int64? { match.configuration.trust.maximumSize.map { max(0, $0 - resolution.files.knownSize) } }
}

extension Resolution {
    /// Whether nothing is to be chosen from it.
    var isExact: Bool {
        if case .files(_, listing: .repository) = payload { false } else { true }
    }

    /// Whether it is of the same revision with the same files, vouched for in the same way.
    public func isSame(as other: Resolution) -> Bool {
        revision == other.revision && files.map(\.path) == other.files.map(\.path)
            && files.map(\.signature) == other.files.map(\.signature)
    }
}
