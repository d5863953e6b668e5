public import ArtifactTypes

/// Which files of a repository make the model that was asked for.
public struct ModelSelection: Sendable, Hashable {
    /// A file that a repository lists.
    public struct File: Sendable, Hashable {
        public var path: RelativePath
        /// In bytes; nil where the vendor does not know.
        public var size: Int64?

        public init(path: RelativePath, size: Int64? = nil) {
            self.path = path
            self.size = size
        }
    }

    /// A file that was left out on purpose.
    public struct Omission: Sendable, Hashable {
        public enum Reason: Sendable, Hashable {
            /// It can run code when it is loaded.
            case pickle
            /// The same weights in another format.
            case duplicate
        }

        public var path: RelativePath
        public var reason: Reason
    }

    /// Whether the encoder that a vision model needs (`mmproj`) is brought along.
    public enum Projector: Sendable, Hashable {
        /// Where the repository has one.
        case automatic
        case required
        case never
    }

    /// What to fetch, sorted; shard sets are whole.
    public var paths: [RelativePath]
    /// The selector as resolved: `Q4_K_M` in upper case or a file's path; nil for the whole repository.
    public var selector: String?
    public var omitted: [Omission]
    /// What was decided without being asked, to be said aloud.
    public var notes: [String] = []

    /// What a GGUF repository gives where nothing is selected, the first that it has.
    public static let preferredQuantizations = ["Q4_K_M", "Q5_K_M", "Q8_0"]

    /// Decides by the repository's listing alone.
    ///
    /// - A quantization (`Q4_K_M`, any case) finds its file or shard set, in a sub-folder too, `UD-` variants if there is
    ///   no plain one.
    /// - A file's path or name finds that file, a pickle too; a shard brings its whole set.
    /// - A set of patterns (`PathFilter`) gives the files that it matches and no others, a pickle only where a pattern
    ///   names pickles.
    /// - Without selector a GGUF repository gives Q4_K_M, else Q5_K_M, else Q8_0, else its first; any other one gives
    ///   all of it but pickles and duplicates (`DuplicateWeights`), safetensors being preferred.
    /// - Throws: `ModelSelectionError`.
    public static func select(
        _ files: [File], selector: String?, projector: Projector = .automatic, allowPickle: Bool = false
    ) throws(ModelSelectionError) -> ModelSelection {
        let listing = RepositoryListing(files)
        if let selector, let filter = try PathFilter(selector: selector) {
            return try listing.selection(by: filter, allowPickle: allowPickle)
        }
        if let selector {
            var selection = try listing.selection(for: selector)
            let isModel = selection.paths.contains { $0.isGGUF } || projector == .required
            if isModel, !selection.paths.contains(where: { $0.isProjector }) {
                try listing.addProjector(to: &selection, projector)
            }
            return selection
        }
        guard listing.isGGUF else {
            if projector == .required { throw ModelSelectionError(.notFound, "the repository has no GGUF model") }
            return try listing.wholeRepository(allowPickle: allowPickle)
        }
        var selection = try listing.defaultQuantization()
        try listing.addProjector(to: &selection, projector)
        return selection
    }
}

/// Why a repository's listing does not give what was asked for.
public struct ModelSelectionError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        case notFound
        case ambiguous
        /// A shard set is not whole.
        case incomplete
        /// The repository has nothing but pickles.
        case unsafe
        /// The repository has no file at all.
        case empty
        /// A pattern that cannot be one.
        case invalidPattern
    }

    public let code: Code
    public let message: String
    /// What there is to choose from.
    public let available: [String]

    public init(_ code: Code, _ message: String, available: [String] = []) {
        self.code = code
        self.message = message
        self.available = available
    }

    public var isUnsafe: Bool { code == .unsafe }

    /// What to do next; nil where nothing helps.
    public var remedy: String? {
        let list = available.joined(separator: ", ")
        return switch code {
        case .notFound: available.isEmpty ? nil : "there is \(list)"
        case .ambiguous: "name one of \(list)"
        case .unsafe: available.isEmpty ? "pass --allow-pickle" : "name one of \(list), or pass --allow-pickle"
        case .incomplete, .empty, .invalidPattern: nil
        }
    }

    public var description: String { message }
}

extension RelativePath {
    var lowercased: String { string.lowercased() }
    /// Also imatrix data in GGUF is no model.
    var isGGUF: Bool { lowercased.hasSuffix(".gguf") && !lastComponent.lowercased().contains("imatrix") }
    var isSafetensors: Bool { lowercased.hasSuffix(".safetensors") }

    /// Whether the file is the encoder of a vision model, by its name.
    public var isProjector: Bool { isGGUF && lastComponent.lowercased().contains("mmproj") }

    /// Whether the file may hold pickled objects, which run code when they are loaded.
    public var isPickle: Bool { Self.hasPickleSuffix(lowercased) }

    static func hasPickleSuffix(_ lowercased: String) -> Bool {
        [".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt"].contains(where: lowercased.hasSuffix)
    }
}
