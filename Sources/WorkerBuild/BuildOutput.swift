public import SystemPackage

/// What a build left.
public struct BuildOutput: Sendable, Hashable {
    /// A regular, executable file inside the checkout, or the package, no link on the way to it.
    public var binary: FilePath
    /// The folder of all that was packaged; nil where the program alone is the product.
    public var root: FilePath?
    /// The package's version.
    public var version: String?
    /// What the tools say of their versions, by tool.
    public var toolchain: [String: String]
    /// The variables by which a compiler's output was decided.
    public var flags: [String: String]
    public var seconds: Double
    public var sandboxed: Bool
}
