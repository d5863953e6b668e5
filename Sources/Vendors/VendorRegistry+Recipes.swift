public import ArtifactTypes
public import Provisioning

/// A recipe and the vendor whose file it stands in.
public struct RecipeMatch: Sendable, Hashable {
    public let vendor: String
    public let table: WorkerRecipeTable

    public init(vendor: String, table: WorkerRecipeTable) {
        self.vendor = vendor
        self.table = table
    }
}

extension VendorRegistry {
    /// The recipes of all vendors in use, in the order that their files were read.
    public var recipes: [RecipeMatch] { ranked.map(\.match) }

    /// The recipe that `worker build VARIANT [--worker NAME]` means.
    ///
    /// - With a name (`NAME` or `VENDOR:NAME`): that worker; of several vendors' the one of the last folder.
    /// - Without: the default that has the variant, of several the one of the last folder; else the only worker that
    ///   has it.
    ///
    /// - Throws: `.invalid`, with the list to choose from; `.configuration` where a broken file may hold it.
    public func recipe(variant: Accelerator, named name: String?) throws(ProvisionError) -> RecipeMatch {
        guard let name else { return try recipe(variant: variant) }
        let named = ranked.filter { name == $0.match.table.name || name == "\($0.match.vendor):\($0.match.table.name)" }
        guard !named.isEmpty else {
            try checkBroken("there is no worker \"\(name.visiblyEscaped)\" to build")
            let known = Set(ranked.map(\.match.table.name)).sorted()
            throw ProvisionError(
                .invalid, "there is no worker \"\(name.visiblyEscaped)\" to build; \(Self.list(ranked))",
                remedy: nearestName(to: name, among: known).map { "did you mean \"\($0)\"?" })
        }
        let last = lastFolder(of: named)
        guard let only = last.first, last.count == 1 else {
            throw ProvisionError(
                .invalid, "several vendors have a worker \"\(name)\"; \(Self.list(last))",
                remedy: "name it as VENDOR:NAME")
        }
        guard only.match.table.variants.contains(variant) else {
            let variants = only.match.table.variants.map(\.rawValue).joined(separator: ", ")
            throw ProvisionError(.invalid, "worker \(name) has no variant \(variant); it has \(variants)")
        }
        return only.match
    }

    private func recipe(variant: Accelerator) throws(ProvisionError) -> RecipeMatch {
        let having = ranked.filter { $0.match.table.variants.contains(variant) }
        let defaults = lastFolder(of: having.filter(\.match.table.isDefault))
        let candidates = defaults.isEmpty ? having : defaults
        if let only = candidates.first, candidates.count == 1 { return only.match }
        if candidates.isEmpty {
            try checkBroken("no worker has the variant \(variant)")
            throw ProvisionError(
                .invalid, "no worker has the variant \(variant); \(Self.list(ranked))",
                remedy: ranked.isEmpty ? "a [[worker]] table in a vendors.d file describes one" : nil)
        }
        let what = defaults.isEmpty ? "several workers have" : "several workers are the default for"
        throw ProvisionError(
            .invalid, "\(what) the variant \(variant); \(Self.list(candidates))", remedy: "name one with --worker")
    }

    /// What is missing may stand in a file that could not be read.
    private func checkBroken(_ reason: String) throws(ProvisionError) {
        let broken = active.compactMap { slot in if case .broken(let error) = slot.content { error } else { nil } }
        guard !broken.isEmpty else { return }
        throw ProvisionError(
            .configuration, "\(reason), unless it stands in a file that is broken",
            remedy: broken.map(\.description).joined(separator: "; "))
    }

    private struct RankedRecipe {
        let folder: Int
        let match: RecipeMatch
    }

    private var ranked: [RankedRecipe] {
        slots.flatMap { slot in
            slot.recipes.map { RankedRecipe(folder: slot.folder, match: RecipeMatch(vendor: slot.name, table: $0)) }
        }
    }

    private func lastFolder(of recipes: [RankedRecipe]) -> [RankedRecipe] {
        let last = recipes.map(\.folder).max()
        return recipes.filter { $0.folder == last }
    }

    private static func list(_ recipes: [RankedRecipe]) -> String {
        if recipes.isEmpty { return "no vendor describes any" }
        let items = recipes.map { recipe in
            let variants = recipe.match.table.variants.map(\.rawValue).joined(separator: ", ")
            return "\(recipe.match.vendor):\(recipe.match.table.name) (\(variants))"
        }
        return "there are " + items.joined(separator: ", ")
    }
}
