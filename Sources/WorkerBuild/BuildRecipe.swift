public import ArtifactTypes

/// One variant of a worker's recipe table, checked: what is run, and where its program lies afterwards.
public struct BuildRecipe: Sendable, Hashable {
    public let name: String
    public let variant: Accelerator
    /// Where the lines run, relative to the checkout; nil for its root.
    public let directory: RelativePath?
    /// Lines that run first, with network.
    public let network: [String]
    /// Lines that run without.
    public let build: [String]
    /// The program, relative to the checkout.
    public let binary: RelativePath
    /// The tools that it needs, by name.
    public let tools: [String]
    public let toolchains: [Toolchain]
    public let smokeTest: [String]
    /// The SHA-256 of the recipe's canonical JSON: equal recipes have equal digests on every machine.
    public let digest: Digest

    /// A toolchain that lives in its user's home, and is shown to a build without what else is there.
    public enum Toolchain: String, Sendable, Hashable, CaseIterable {
        case rust
    }

    /// - Throws: `invalidRecipe`, naming what is wrong with the table.
    public init(table: WorkerRecipeTable, variant: Accelerator) throws(BuildError) {
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
        guard !table.build.isEmpty else { throw invalid("'build' has no line") }
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
        do {
            binary = try RelativePath(Self.expanding(table.binary, variant: variant))
        } catch {
            throw invalid("'binary' is an \(error)")
        }
        name = table.name
        self.variant = variant
        directory = table.directory
        network = table.network
        build = table.build
        self.toolchains = toolchains
        smokeTest = table.smokeTest
        let canonical = CanonicalRecipe(
            name: name, variant: variant.rawValue, directory: directory?.string ?? "", binary: binary.string,
            network: network, build: build, tools: tools, toolchains: toolchains.map(\.rawValue), smokeTest: smokeTest)
        guard let digest = canonical.digest else { throw invalid("it does not encode") }
        self.digest = digest
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
