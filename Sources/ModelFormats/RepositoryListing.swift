import ArtifactTypes

/// A repository's files, grouped for selection.
struct RepositoryListing {
    let files: [ModelSelection.File]

    /// Files that belong together: one, or a shard set.
    struct Group {
        var paths: [RelativePath]
        /// Shards that the repository does not have.
        var missing: [String]
        var size: Int64?
        let quantization: Quantization?

        /// The file by which a group is called: its only or first one.
        var name: String { paths[0].string }
    }

    init(_ files: [ModelSelection.File]) {
        self.files = files.sorted { $0.path < $1.path }
    }

    /// A repository with both formats is taken for its safetensors.
    var isGGUF: Bool {
        models.isEmpty ? false : !files.contains { $0.path.isSafetensors }
    }

    private var models: [ModelSelection.File] { files.filter { $0.path.isGGUF && !$0.path.isProjector } }

    /// The GGUF models in the order of their names.
    var groups: [Group] { group(models) }

    private func group(_ files: [ModelSelection.File]) -> [Group] {
        var groups: [Group] = []
        var sets: [String: Int] = [:]
        for file in files {
            guard let shard = ShardName(file.path.string) else {
                let quantization = Quantization.parse(file.path.string)
                groups.append(Group(paths: [file.path], missing: [], size: file.size, quantization: quantization))
                continue
            }
            let key = "\(shard.stem)/\(shard.count)\(shard.suffix)"
            if let index = sets[key] {
                groups[index].paths.append(file.path)
                groups[index].size = sum(groups[index].size, file.size)
                groups[index].missing.removeAll { $0 == file.path.string }
            } else {
                sets[key] = groups.count
                // A name may claim 99,999 shards; more than are listed cannot all be there, and the first few say enough.
                let wanted = (1...min(shard.count, files.count + 8)).map { shard.path(index: $0) }
                groups.append(
                    Group(
                        paths: [file.path], missing: wanted.filter { $0 != file.path.string }, size: file.size,
                        quantization: Quantization.parse("\(shard.stem)\(shard.suffix)")))
            }
        }
        return groups
    }

    private func sum(_ left: Int64?, _ right: Int64?) -> Int64? {
        guard let left, let right else { return nil }
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? nil : sum
    }

    private func whole(_ group: Group) throws(ModelSelectionError) -> [RelativePath] {
        guard group.missing.isEmpty else {
            throw ModelSelectionError(
                .incomplete, "the shard set of \(group.name) is not whole: \(group.missing[0]) is missing")
        }
        return group.paths
    }

    /// What a selector may name, for an error.
    private var choices: [String] {
        let groups = groups
        let quantizations = groups.compactMap { group in
            group.quantization.map { name in group.size.map { "\(name) (\(ByteCount($0)))" } ?? "\(name)" }
        }
        return quantizations.isEmpty ? names : Self.shortened(quantizations)
    }

    private var names: [String] { Self.shortened(files.map(\.path.string)) }

    private static func shortened(_ list: [String]) -> [String] {
        list.count > 40 ? list.prefix(40) + ["and \(list.count - 40) more"] : list
    }
}

extension RepositoryListing {
    /// Exactly the files that the patterns give; duplicates in other formats are the user's business here.
    func selection(by filter: PathFilter, allowPickle: Bool) throws(ModelSelectionError) -> ModelSelection {
        let matching = files.map(\.path).filter(filter.selects)
        guard !matching.isEmpty else {
            throw ModelSelectionError(.notFound, "no file matches \(filter.selector)", available: names)
        }
        var selection = ModelSelection(paths: [], selector: filter.selector, omitted: [])
        for path in matching {
            if path.isPickle, !allowPickle, !filter.namesPickle(path) {
                selection.omitted.append(ModelSelection.Omission(path: path, reason: .pickle))
            } else {
                selection.paths.append(path)
            }
        }
        return try safe(selection)
    }

    func selection(for selector: String) throws(ModelSelectionError) -> ModelSelection {
        let matching = groups.filter { $0.quantization?.matches(selector: selector) == true }
        let plain = matching.filter { $0.quantization?.description == selector.uppercased() }
        let found = plain.isEmpty ? matching : plain
        if found.count == 1, let quantization = found[0].quantization {
            return ModelSelection(paths: try whole(found[0]), selector: "\(quantization)", omitted: [])
        }
        if found.count > 1 {
            throw ModelSelectionError(
                .ambiguous, "\(selector) names several models", available: found.map(\.name))
        }
        return try selectionByName(selector)
    }

    private func selectionByName(_ name: String) throws(ModelSelectionError) -> ModelSelection {
        let exact = files.filter { $0.path.string == name }
        let found = exact.isEmpty ? files.filter { $0.path.lastComponent == name } : exact
        guard let file = found.first else {
            throw ModelSelectionError(
                .notFound, "no quantization or file \"\(name.visiblyEscaped)\"", available: choices)
        }
        if found.count > 1 {
            throw ModelSelectionError(
                .ambiguous, "\(name) names several files", available: found.map(\.path.string)
            )
        }
        guard ShardName(file.path.string) != nil,
            let set = group(files.filter { ShardName($0.path.string) != nil }).first(where: {
                $0.paths.contains(file.path)
            })
        else { return ModelSelection(paths: [file.path], selector: file.path.string, omitted: []) }
        return ModelSelection(paths: try whole(set), selector: set.name, omitted: [])
    }

    func defaultQuantization() throws(ModelSelectionError) -> ModelSelection {
        let groups = groups
        guard let first = groups.first else { throw ModelSelectionError(.empty, "the repository has no GGUF model") }
        let preferred = ModelSelection.preferredQuantizations.lazy.compactMap { wanted in
            groups.first { $0.quantization?.description == wanted }
                ?? groups.first { $0.quantization?.matches(selector: wanted) == true }
        }
        let chosen = preferred.first ?? first
        let paths = try whole(chosen)
        // Where one quantization names two models, only the file's name tells which was taken.
        let isUnique = groups.count { $0.quantization == chosen.quantization } == 1
        let selector = isUnique ? chosen.quantization.map { "\($0)" } ?? chosen.name : chosen.name
        let choice = "no selector: taking \(selector) of \(choices.joined(separator: ", "))"
        return ModelSelection(paths: paths, selector: selector, omitted: [], notes: groups.count > 1 ? [choice] : [])
    }

    func addProjector(
        to selection: inout ModelSelection, _ wish: ModelSelection.Projector
    ) throws(ModelSelectionError) {
        guard wish != .never else { return }
        let projectors = files.map(\.path).filter(\.isProjector)
        // F16 is what every runtime reads, and the precision that encoders are made for.
        let ranks = ["F16", "BF16", "F32", "Q8_0"]
        func rank(_ path: RelativePath) -> Int {
            Quantization.parse(path.lastComponent).flatMap { ranks.firstIndex(of: $0.name) } ?? ranks.count
        }
        guard let best = projectors.min(by: { (rank($0), $0) < (rank($1), $1) }) else {
            if wish == .required { throw ModelSelectionError(.notFound, "the repository has no projector (mmproj)") }
            return
        }
        selection.paths = (selection.paths + [best]).sorted()
    }

    func wholeRepository(allowPickle: Bool) throws(ModelSelectionError) -> ModelSelection {
        if files.isEmpty { throw ModelSelectionError(.empty, "the repository has no files") }
        let duplicates = DuplicateWeights(files.map(\.path))
        var selection = ModelSelection(paths: [], omitted: [])
        for path in files.map(\.path) {
            if path.isPickle, !allowPickle {
                selection.omitted.append(.init(path: path, reason: .pickle))
            } else if duplicates.contain(path) {
                selection.omitted.append(.init(path: path, reason: .duplicate))
            } else {
                selection.paths.append(path)
            }
        }
        return try withWeights(selection)
    }

    /// The selection with a word on what was left out of it, if that left anything.
    func safe(_ selection: ModelSelection) throws(ModelSelectionError) -> ModelSelection {
        guard !selection.paths.isEmpty else {
            throw ModelSelectionError(
                .unsafe, "there is nothing but pickles, which can run code when they are loaded",
                available: selection.omitted.map(\.path.string))
        }
        var selection = selection
        for (reason, words) in [
            (ModelSelection.Omission.Reason.pickle, "left out, since a pickle can run code"),
            (.duplicate, "left out, since the same weights come in another file"),
        ] {
            let names = selection.omitted.filter { $0.reason == reason }.map(\.path.string)
            if names.isEmpty { continue }
            let shown = names.prefix(6) + (names.count > 6 ? ["and \(names.count - 6) more"] : [])
            selection.notes.append("\(words): \(shown.joined(separator: ", "))")
        }
        return selection
    }
}
