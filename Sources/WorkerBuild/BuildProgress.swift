/// How a build gets on, for whoever watches. Called from any thread.
public struct BuildProgress: Sendable {
    /// A step begins: which, of how many, what it runs.
    public var step: @Sendable (_ number: Int, _ count: Int, _ title: String) -> Void
    /// One line of output.
    public var line: @Sendable (String) -> Void

    public init(
        step: @escaping @Sendable (_ number: Int, _ count: Int, _ title: String) -> Void = { _, _, _ in },
        line: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.step = step
        self.line = line
    }
}
