/// Bytes of an artifact's files that need not be fetched.
public struct PresentBytes: Sendable, Hashable {
    /// In the store, whole.
    public var stored: Int64 = 0
    /// Elsewhere on this machine: in a file that the user named, or in another program's cache. They are copied.
    public var elsewhere: Int64 = 0
    /// Of files that an earlier run has fetched a part of.
    public var begun: Int64 = 0

    public init() {}

    public var total: Int64 { stored &+ elsewhere &+ begun }
}
