public import ArtifactTypes
import SystemPackage

/// What a worker's recipe asks of this machine.
public struct ToolRequirements: Sendable {
    /// A tool that a build would not find.
    public struct Missing: Sendable, Hashable {
        public var tool: String
        /// Which packages bring it, or why the one that is here does not do.
        public var advice: String
    }

    private let table: WorkerRecipeTable
    private let folders: ToolFolders
    private let environment: [String: String]
    private let sandboxed: Bool
    private let system: OperatingSystem

    /// - Parameters:
    ///   - environment: where PATH and the toolchains' folders are looked up.
    ///   - sandboxed: whether the build will run in the sandbox, which does not see all of PATH.
    public init(
        table: WorkerRecipeTable, environment: [String: String], sandboxed: Bool = true,
        system: OperatingSystem = HostPlatform.current.os
    ) {
        self.table = table
        self.environment = environment
        self.sandboxed = sandboxed
        self.system = system
        folders = ToolFolders(
            environment: environment, toolchains: table.toolchains.compactMap(BuildRecipe.Toolchain.init))
    }

    /// The tools that `variant` needs and a build would not find, in the recipe's order.
    public func missing(_ variant: Accelerator) -> [Missing] { missing(tools(variant)) }

    private func missing(_ tools: [String]) -> [Missing] {
        var missing: [Missing] = []
        for tool in tools where folders.find(tool, sandboxed: sandboxed) == nil {
            var advice = ToolPackages.advice(for: tool)
            if let hidden = folders.find(tool, sandboxed: false) {
                let remedy = isRust(tool) ? "say toolchains = [\"rust\"] in the [[worker]] table" : advice
                advice = "\(hidden) is there, but a sandboxed build sees /usr and not that folder; \(remedy)"
            }
            missing.append(Missing(tool: tool, advice: advice))
        }
        return missing
    }

    /// The recipe's variants that could be built on this machine.
    public var buildableVariants: [Accelerator] {
        table.variants.filter { ($0 != .metal || system == .macos) && missing($0).isEmpty }
    }

    /// - Throws: `invalidRecipe` for a variant that the recipe does not have; `missingTools` naming the tools, the
    ///   packages that bring them, and the variants that could be built here.
    public func check(_ variant: Accelerator) throws(BuildError) {
        _ = try BuildRecipe(table: table, variant: variant)
        guard variant != .metal || system == .macos else {
            throw BuildError(.missingTools, "\(table.name): metal is built on macOS alone", remedy: alternatives)
        }
        let missing = missing(variant)
        guard !missing.isEmpty else { return }
        let names = missing.map(\.tool).joined(separator: ", ")
        throw BuildError(
            .missingTools, "\(table.name) \(variant) needs \(names), not found on this machine",
            remedy: (missing.map(\.advice) + [alternatives]).joined(separator: "; "))
    }

    /// - Throws: `missingTools` where a package that the PKGBUILD wants brings a tool that is not here.
    public func check(_ evaluated: PackageDescription) throws(BuildError) {
        let missing = missing(evaluated.tools)
        guard !missing.isEmpty else { return }
        throw BuildError(
            .missingTools,
            "the PKGBUILD of \(table.name) needs \(missing.map(\.tool).joined(separator: ", ")), not found on this machine",
            remedy: missing.map(\.advice).joined(separator: "; "))
    }

    /// The first line of `TOOL --version` by tool, for the provenance. A tool that does not say is left out.
    public func versions(_ variant: Accelerator) async -> [String: String] { await versions(of: tools(variant)) }

    public func versions(of tools: [String]) async -> [String: String] {
        await toolVersions(tools, folders: folders, environment: environment, sandboxed: sandboxed)
    }

    /// Whether a toolchain that the table does not name would show it.
    private func isRust(_ tool: String) -> Bool {
        ["cargo", "rustc", "rustup"].contains(tool) && !table.toolchains.contains(BuildRecipe.Toolchain.rust.rawValue)
    }

    private var alternatives: String {
        let buildable = buildableVariants
        return buildable.isEmpty
            ? "no variant of it can be built here"
            : "can be built here: \(buildable.map(\.rawValue).joined(separator: ", "))"
    }

    private func tools(_ variant: Accelerator) -> [String] {
        var seen = Set<String>()
        let named = (table.requires["all"] ?? []) + (table.requires[variant.rawValue] ?? [])
        return named.filter { seen.insert($0).inserted }
    }
}
