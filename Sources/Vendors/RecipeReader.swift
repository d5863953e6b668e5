import ArtifactTypes

/// Reads the `[[worker]]` tables of a vendors.d file.
struct RecipeReader {
    let provides: Set<ArtifactKind>

    private static let keys = [
        "name", "default", "variants", "directory", "network", "build", "pkgbuild", "binary", "requires",
        "toolchains", "caches", "smoke-test",
    ]
    private static let toolchains = ["rust"]
    private static let caches = ["cargo", "ccache"]
    private static let cacheModes = ["private", "read-only"]

    func recipes(of file: FileTable) throws(VendorFileError) -> [WorkerRecipeTable] {
        var recipes: [WorkerRecipeTable] = []
        for table in try file.tables("worker") {
            guard provides.contains(.worker) else {
                throw table.error(at: table.path, "a vendor with [[worker]] tables wants \"workers\" in \"provides\"")
            }
            let recipe = try recipe(table)
            if recipes.contains(where: { $0.name == recipe.name }) {
                throw table.error(at: "name", "there are two workers \"\(recipe.name)\" in this file")
            }
            recipes.append(recipe)
        }
        return recipes
    }

    private func recipe(_ table: FileTable) throws(VendorFileError) -> WorkerRecipeTable {
        try table.checkKeys(Self.keys)
        let build = try table.strings("build") ?? []
        let pkgbuild = try pkgbuild(table)
        if build.isEmpty, pkgbuild == nil { throw table.missing("build") }
        let toolchains = try table.strings("toolchains") ?? []
        for (index, toolchain) in toolchains.enumerated() where !Self.toolchains.contains(toolchain) {
            throw table.error(
                at: table.path(to: "toolchains") + [.index(index)],
                "unknown toolchain \"\(toolchain.visiblyEscaped)\"; there are \(Self.toolchains.joined(separator: ", "))",
                suggestion: nearestName(to: toolchain, among: Self.toolchains))
        }
        return WorkerRecipeTable(
            name: try name(table), isDefault: try table.boolean("default") ?? false, variants: try variants(table),
            directory: try directory(table), network: try table.strings("network") ?? [], build: build,
            pkgbuild: pkgbuild, binary: try binary(table, isNeeded: pkgbuild == nil), requires: try requires(table),
            toolchains: toolchains, caches: try caches(table),
            smokeTest: try table.strings("smoke-test") ?? ["--version"])
    }

    /// A PKGBUILD has its own lines and runs in its own folder.
    private func pkgbuild(_ table: FileTable) throws(VendorFileError) -> String? {
        guard let text = try table.string("pkgbuild") else { return nil }
        if let other = ["build", "directory"].first(where: { table.members[$0] != nil }) {
            throw table.error(at: other, "\"\(other)\" stands beside \"pkgbuild\", which takes its place")
        }
        if text.hasPrefix("https://") || text.hasPrefix("http://") { return text }
        return try relative(text, key: "pkgbuild", in: table).string
    }

    private func name(_ table: FileTable) throws(VendorFileError) -> String {
        guard let name = try table.string("name") else { throw table.missing("name") }
        guard VendorFile.isName(name) else {
            throw table.error(
                at: "name",
                "bad name \"\(name.visiblyEscaped)\": a letter, then letters, digits, \"-\", \"_\" or "
                    + "\".\", at most 64")
        }
        return name
    }

    private func variants(_ table: FileTable) throws(VendorFileError) -> [Accelerator] {
        var variants: [Accelerator] = []
        for (index, word) in (try table.strings("variants") ?? []).enumerated() {
            let path = table.path(to: "variants") + [.index(index)]
            let variant = try accelerator(word, at: path, in: table, known: Accelerator.allCases.map(\.rawValue))
            if !variants.contains(variant) { variants.append(variant) }
        }
        if variants.isEmpty { throw table.missing("variants") }
        return variants
    }

    private func accelerator(
        _ word: String, at path: TOMLPath, in table: FileTable, known: [String]
    ) throws(VendorFileError) -> Accelerator {
        if let accelerator = Accelerator(rawValue: word) { return accelerator }
        throw table.error(
            at: path, "unknown variant \"\(word.visiblyEscaped)\"; there are \(known.joined(separator: ", "))",
            suggestion: nearestName(to: word, among: known))
    }

    private func directory(_ table: FileTable) throws(VendorFileError) -> RelativePath? {
        guard let text = try table.string("directory"), text != "." else { return nil }
        return try relative(text, key: "directory", in: table)
    }

    private func binary(_ table: FileTable, isNeeded: Bool) throws(VendorFileError) -> String {
        guard let text = try table.string("binary") else {
            if isNeeded { throw table.missing("binary") }
            return ""
        }
        // Whatever the variant, the path must stay in the checkout.
        _ = try relative(text.replacing("${variant}", with: "cpu"), key: "binary", in: table)
        return text
    }

    private func relative(_ text: String, key: String, in table: FileTable) throws(VendorFileError) -> RelativePath {
        do {
            return try RelativePath(text)
        } catch {
            throw table.error(at: key, "\"\(key)\" wants a path in the checkout: \(error.reason)")
        }
    }

    private func caches(_ table: FileTable) throws(VendorFileError) -> [String: String] {
        guard let named = try table.table("caches") else { return [:] }
        try named.checkKeys(Self.caches)
        var caches: [String: String] = [:]
        for name in named.members.keys.sorted() {
            guard let mode = try named.string(name), Self.cacheModes.contains(mode) else {
                throw named.error(at: name, "a cache is \"private\" or \"read-only\"")
            }
            caches[name] = mode
        }
        return caches
    }

    private func requires(_ table: FileTable) throws(VendorFileError) -> [String: [String]] {
        guard let tools = try table.table("requires") else { return [:] }
        var requires: [String: [String]] = [:]
        for key in tools.members.keys.sorted() {
            if key != "all" {
                let known = ["all"] + Accelerator.allCases.map(\.rawValue)
                _ = try accelerator(key, at: tools.path(to: key), in: tools, known: known)
            }
            requires[key] = try tools.strings(key)
        }
        return requires
    }
}
