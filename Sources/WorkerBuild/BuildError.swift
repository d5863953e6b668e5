/// Why a worker could not be built, or is not what it should be.
public struct BuildError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        case missingTools
        /// No bubblewrap, or a kernel that refuses it. Nothing was run.
        case sandboxUnavailable
        /// A step ended with another status than 0.
        case failed
        case timedOut
        /// It took more memory, disk or processes than it may.
        case limit
        case smokeTestFailed
        /// It runs, but not on the accelerator that it is named for.
        case acceleratorMissing
        /// What it left as its output is no program inside the checkout.
        case unsafeOutput
        case invalidRecipe
        /// A source is not what the PKGBUILD's sums say.
        case wrongSource
        case cancelled
        case io
    }

    public var code: Code
    /// What failed, in lower case.
    public var message: String
    /// What to do next; nil where nothing helps.
    public var remedy: String?
    /// The line of the recipe that failed; nil where none did.
    public var step: String?
    /// The last 30 lines of output before it failed.
    public var lastLines: [String]

    public init(
        _ code: Code, _ message: String, remedy: String? = nil, step: String? = nil, lastLines: [String] = []
    ) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.step = step
        self.lastLines = lastLines
    }

    public var description: String { remedy.map { "\(message); \($0)" } ?? message }
}
