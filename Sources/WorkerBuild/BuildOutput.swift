public import SystemPackage

/// What a build left.
public struct BuildOutput: Sendable, Hashable {
    /// A regular, executable file inside the checkout, no link on the way to it.
    public var binary: FilePath
    /// What the tools say of their versions, by tool.
    public var toolchain: [String: String]
    public var seconds: Double
    public var sandboxed: Bool
}
