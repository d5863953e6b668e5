public import ArtifactTypes

/// A vendor as `vendor list` shows it: configured, broken or shadowed.
public struct VendorEntry: Sendable, Hashable {
    public enum State: Sendable, Hashable {
        case ok
        case error(VendorFileError)
        /// A later file has the same name.
        case shadowed
    }

    public let name: String
    /// Nil where the file does not say it in a way that can be read.
    public let module: String?
    public let provides: Set<ArtifactKind>
    public let priority: Int
    public let enabled: Bool
    /// Nil for a built-in vendor.
    public let file: String?
    public let state: State

    public var error: VendorFileError? { if case .error(let error) = state { error } else { nil } }
}

extension VendorEntry: Encodable {
    private enum Key: String, CodingKey {
        case name, module, provides, priority, enabled, file, state, error
    }

    /// `{name, module, provides, priority, enabled, file, state: "ok"|"error"|"shadowed", error: {…}|null}`
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        try container.encode(module, forKey: .module)
        try container.encode(provides.map(\.plural).sorted(), forKey: .provides)
        try container.encode(priority, forKey: .priority)
        try container.encode(enabled, forKey: .enabled)
        try container.encode(file, forKey: .file)
        try container.encode(state.name, forKey: .state)
        try container.encode(error, forKey: .error)
    }
}

extension VendorEntry.State {
    /// The state's word in JSON.
    public var name: String {
        switch self {
        case .ok: "ok"
        case .error: "error"
        case .shadowed: "shadowed"
        }
    }
}
