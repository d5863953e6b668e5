/// What a user asks of a model's files beside what the reference says.
public struct ModelChoice: Sendable, Hashable {
    /// Patterns of files to take and to leave; `*`, `?`, `**`, as paths or names.
    public var include: [String]
    public var exclude: [String]
    /// True: a model without the encoder that reads images or sound is an error.
    public var requiresProjector: Bool
    /// True: files that can run code when they are loaded are taken as well.
    public var allowPickle: Bool

    public init(
        include: [String] = [], exclude: [String] = [], requiresProjector: Bool = false, allowPickle: Bool = false
    ) {
        self.include = include
        self.exclude = exclude
        self.requiresProjector = requiresProjector
        self.allowPickle = allowPickle
    }
}
