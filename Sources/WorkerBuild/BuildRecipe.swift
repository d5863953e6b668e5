public import ArtifactTypes

/// One variant of a worker's recipe table, checked: what is run, and where its program lies afterwards.
///
/// A recipe that is a PKGBUILD has no steps before that one is here and `init(_:evaluated:)` has made them of it.
public struct BuildRecipe: Sendable, Hashable {
    public let name: String
    public let variant: Accelerator
    /// Where the lines run, relative to the checkout; nil for its root.
    public let directory: RelativePath?
    public private(set) var steps: [BuildStep]
    public private(set) var product: BuildProduct
    /// Of a recipe that is a PKGBUILD, where that lies.
    public let pkgbuild: PackageFile?
    /// The PKGBUILD itself, where it came from elsewhere than the checkout.
    let pkgbuildText: [UInt8]?
    /// The tools that it needs, by name.
    public private(set) var tools: [String]
    public let toolchains: [Toolchain]
    public let caches: [BuildCache]
    public let smokeTest: [String]
    /// Functions of a PKGBUILD that see the network.
    private let networkFunctions: [String]
    /// Of a recipe that no vendors.d file has.
    let offer: Offer?
    /// The SHA-256 of the recipe's canonical JSON: equal recipes have equal digests on every machine. A
    /// PKGBUILD of the checkout is no part of it: which one that is, the commit says.
    public let digest: Digest

    /// A toolchain that lives in its user's home, and is shown to a build without what else is there.
    public enum Toolchain: String, Sendable, Hashable, CaseIterable {
        case rust
    }

    /// What is said of a PKGBUILD for which no table of a vendors.d file speaks.
    public struct Offer: Sendable, Hashable {
        /// What its program is called, where that is known.
        public var program: String?
        /// Whether all of its functions see the network.
        public var allowsNetwork: Bool

        public init(program: String? = nil, allowsNetwork: Bool = false) {
            self.program = program
            self.allowsNetwork = allowsNetwork
        }
    }

    /// - Parameters:
    ///   - text: the PKGBUILD that a URL led to. Of one in the checkout the commit says which it is.
    ///   - offer: where the table was made of an offer.
    /// - Throws: `invalidRecipe`, naming what is wrong with the table.
    public init(
        table: WorkerRecipeTable, variant: Accelerator, pkgbuild text: [UInt8]? = nil, offer: Offer? = nil
    ) throws(BuildError) {
        func invalid(_ reason: String, remedy: String? = nil) -> BuildError {
            BuildError(.invalidRecipe, "worker \(table.name.visiblyEscaped): \(reason)", remedy: remedy)
        }
        guard Self.isName(table.name) else {
            throw invalid("a name is letters, digits, '.', '_' and '-', and begins with a letter or digit")
        }
        guard table.variants.contains(variant) else {
            let known = table.variants.map(\.rawValue).joined(separator: ", ")
            throw invalid("has no variant \(variant)", remedy: "it has \(known)")
        }
        guard !table.build.isEmpty || table.pkgbuild != nil else { throw invalid("'build' has no line") }
        for line in table.network + table.build + table.smokeTest where !Self.isLine(line) {
            throw invalid(
                "a line is over \(Self.lineLimit) bytes or has a NUL: \(String(line.prefix(60)).visiblyEscaped)")
        }
        guard table.network.count + table.build.count <= Self.stepLimit else {
            throw invalid("it has over \(Self.stepLimit) lines")
        }
        tools = Array(Set((table.requires["all"] ?? []) + (table.requires[variant.rawValue] ?? []))).sorted()
        if let tool = tools.first(where: { !Self.isName($0) }) {
            throw invalid("'\(tool.visiblyEscaped)' in 'requires' is no tool's name")
        }
        if let key = table.requires.keys.first(where: { $0 != "all" && Accelerator(rawValue: $0) == nil }) {
            throw invalid("'\(key.visiblyEscaped)' in 'requires' is neither 'all' nor a variant")
        }
        var toolchains: [Toolchain] = []
        for name in table.toolchains {
            guard let toolchain = Toolchain(rawValue: name) else {
                let known = Toolchain.allCases.map(\.rawValue).joined(separator: ", ")
                throw invalid("unknown toolchain '\(name.visiblyEscaped)'", remedy: "known are \(known)")
            }
            toolchains.append(toolchain)
        }
        let binary: RelativePath?
        do {
            let path = Self.expanding(table.binary, variant: variant)
            binary = path.isEmpty && table.pkgbuild != nil ? nil : try RelativePath(path)
            pkgbuild = try table.pkgbuild.map { text throws(RelativePath.Invalid) in try PackageFile(text) }
        } catch {
            throw invalid("'\(table.pkgbuild == nil ? "binary" : "pkgbuild")' is an \(error)")
        }
        pkgbuildText = text
        self.offer = offer
        name = table.name
        self.variant = variant
        directory = table.directory
        if table.pkgbuild == nil {
            steps =
                table.network.map { BuildStep(action: .line($0), network: true) }
                + table.build.map { BuildStep(action: .line($0), network: false) }
        } else {
            steps = []
        }
        if let binary, table.pkgbuild == nil {
            product = .file(binary)
        } else {
            product = .package(path: binary, names: [])
        }
        networkFunctions = table.pkgbuild == nil ? [] : table.network
        self.toolchains = toolchains
        var caches: [BuildCache] = []
        for (name, word) in table.caches.sorted(by: { $0.key < $1.key }) {
            guard let kind = BuildCache.Kind(rawValue: name), let mode = BuildCache.Mode(rawValue: word) else {
                throw invalid("'\(name.visiblyEscaped) = \(word.visiblyEscaped)' is no cache")
            }
            caches.append(BuildCache(kind: kind, mode: mode))
        }
        self.caches = caches
        smokeTest = table.smokeTest
        let canonical = CanonicalRecipe(
            name: name, variant: variant.rawValue, directory: directory?.string ?? "",
            binary: binary?.string ?? "",
            pkgbuild: table.pkgbuild.map { $0 + (text.map { "#\(Digest.sha256(of: $0))" } ?? "") },
            network: table.network, build: table.build,
            tools: tools, toolchains: toolchains.map(\.rawValue), smokeTest: smokeTest)
        guard let digest = canonical.digest else { throw invalid("it does not encode") }
        self.digest = digest
    }

    /// A recipe whose PKGBUILD is known: its functions are the steps.
    ///
    /// - Throws: `invalidRecipe` where it packages nothing, or the table gives network to a function that it does not
    ///   have.
    public init(_ recipe: BuildRecipe, evaluated: PackageDescription) throws(BuildError) {
        self = recipe
        guard let packaging = evaluated.packagingFunction(for: recipe.name) else {
            throw BuildError(
                .invalidRecipe, "worker \(recipe.name): its PKGBUILD has no function package()",
                remedy: "it has \(evaluated.functions.sorted().joined(separator: ", "))")
        }
        let functions = PackageFunction.fixed.filter { evaluated.functions.contains($0.name) } + [.package(packaging)]
        if let stray = networkFunctions.first(where: { name in !functions.contains { $0.name == name } }) {
            throw BuildError(
                .invalidRecipe,
                "worker \(recipe.name): 'network' names \(stray.visiblyEscaped), which its PKGBUILD does not run",
                remedy: "it runs \(functions.map(\.name).joined(separator: ", "))")
        }
        steps = functions.map { function in
            BuildStep(
                action: .function(function),
                network: recipe.offer?.allowsNetwork ?? recipe.networkFunctions.contains(function.name))
        }
        if case .package(let path, _) = recipe.product {
            let own = [recipe.offer?.program, recipe.name, "\(recipe.name)-\(variant)"].compactMap(\.self)
            product = .package(path: path, names: own + evaluated.programNames)
        }
        tools = Array(Set(recipe.tools + evaluated.tools)).sorted()
    }

    private static let lineLimit = 64 << 10
    private static let stepLimit = 256

    /// `${variant}` is replaced, and nothing else.
    private static func expanding(_ text: String, variant: Accelerator) -> String {
        let pieces = text.split(separator: "${variant}", omittingEmptySubsequences: false)
        return pieces.joined(separator: variant.rawValue)
    }

    private static func isLine(_ text: String) -> Bool { text.utf8.count <= lineLimit && !text.utf8.contains(0) }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 100 else { return false }
        let isPlain = { (byte: UInt8) in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        return isPlain(first) && text.utf8.allSatisfy { isPlain($0) || ".+_-".utf8.contains($0) }
    }
}
