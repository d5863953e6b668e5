public import ArtifactTypes

extension ModelSelection {
    /// What is taken of files that a vendor lists as exactly what was asked for: all of them, but pickles that nobody
    /// named.
    ///
    /// - Parameters:
    ///   - archives: those of them that are unpacked: what is in them is not known yet.
    ///   - names: what the user wrote that may be a file's name or a pattern of such; a pickle that one of them names is
    ///     taken.
    /// - Throws: `.unsafe` where the pickles are all the weights that there are.
    public static func exact(
        _ files: [File], archives: Set<RelativePath> = [], names: [String], allowPickle: Bool = false
    ) throws(ModelSelectionError) -> ModelSelection {
        try RepositoryListing(files).exact(archives: archives, names: names, allowPickle: allowPickle)
    }
}

extension RepositoryListing {
    fileprivate func exact(
        archives: Set<RelativePath>, names: [String], allowPickle: Bool
    ) throws(ModelSelectionError) -> ModelSelection {
        let patterns = names.filter { RelativePath.hasPickleSuffix($0.lowercased()) }.map { PathPattern($0) }
        var selection = ModelSelection(paths: [], omitted: [])
        for path in files.map(\.path) {
            let isNamed = patterns.contains { $0.matches(path.string) }
            if path.isPickle, !allowPickle, !isNamed, !archives.contains(path) {
                selection.omitted.append(.init(path: path, reason: .pickle))
            } else {
                selection.paths.append(path)
            }
        }
        return try withWeights(selection, archives: archives)
    }

    /// - Throws: `.unsafe` where all the weights that there are were left out as pickles.
    func withWeights(
        _ selection: ModelSelection, archives: Set<RelativePath> = []
    ) throws(ModelSelectionError) -> ModelSelection {
        let pickles = selection.omitted.filter { $0.reason == .pickle }.map(\.path.string)
        let hasWeights = selection.paths.contains { path in
            path.isGGUF || path.isSafetensors || path.isPickle || path.isOtherFormat || archives.contains(path)
        }
        guard pickles.isEmpty || hasWeights else {
            let names = pickles.prefix(6).joined(separator: ", ")
            throw ModelSelectionError(
                .unsafe, "its weights are pickles, which can run code when they are loaded: \(names)")
        }
        return try safe(selection)
    }
}
