import ArtifactTypes

/// What a PKGBUILD says of itself, as bash evaluated it.
public struct PackageDescription: Sendable, Hashable {
    /// One name, or those of a split package.
    public let names: [String]
    /// `[epoch:]pkgver-pkgrel`.
    public let version: String
    public let architectures: [String]
    /// Packages that it wants to run, to be built and to be checked, without the versions asked of them.
    public let dependencies: [String]
    /// Those that it wants to be built and to be checked alone.
    let buildDependencies: [String]
    public let provides: [String]
    public let sources: [PackageSource]
    /// Every function that it declares.
    public let functions: Set<String>

    /// - Parameters:
    ///   - output: what the script printed: records of a count and so many texts, each ended by NUL; the first text of a
    ///     record is its name.
    ///   - processor: as CARCH has it.
    /// - Throws: `invalidRecipe`, naming what is wrong.
    init(_ output: [UInt8], processor: String) throws(BuildError) {
        let fields = try Self.records(output)
        func list(_ name: String) -> [String] { fields[name] ?? [] }
        func extended(_ name: String) -> [String] { list(name) + list("\(name)_\(processor)") }

        names = list("pkgname")
        guard let name = names.first, names.allSatisfy(Self.isName) else {
            throw BuildError(.invalidRecipe, "the PKGBUILD's pkgname is missing, or no package's name")
        }
        guard let version = list("pkgver").first, Self.isVersion(version) else {
            throw BuildError(.invalidRecipe, "\(name): the PKGBUILD's pkgver is missing, or no version")
        }
        let epoch = list("epoch").first.flatMap { $0.isEmpty ? nil : "\($0):" } ?? ""
        self.version = "\(epoch)\(version)-\(list("pkgrel").first ?? "1")"
        architectures = list("arch")
        guard architectures.isEmpty || architectures.contains("any") || architectures.contains(processor) else {
            throw BuildError(
                .invalidRecipe,
                "\(name) is for \(architectures.joined(separator: ", ")), and this machine is \(processor)")
        }
        dependencies = Self.packages(extended("makedepends") + extended("depends") + extended("checkdepends"))
        buildDependencies = Self.packages(extended("makedepends") + extended("checkdepends"))
        provides = list("provides").map(Self.withoutVersion)
        functions = Set(list("functions"))
        let unpacked = Set(list("noextract"))
        var sources: [PackageSource] = []
        for suffix in ["", "_\(processor)"] {
            let texts = list("source\(suffix)")
            for (index, text) in texts.enumerated() {
                var sums: [PackageSum] = []
                for algorithm in PackageSum.Algorithm.allCases {
                    let column = list("\(algorithm.rawValue)sums\(suffix)")
                    guard !column.isEmpty else { continue }
                    guard column.count == texts.count else {
                        throw BuildError(
                            .invalidRecipe,
                            "\(name): \(algorithm.rawValue)sums\(suffix) has \(column.count) items and source\(suffix) "
                                + "\(texts.count)")
                    }
                    if column[index] != "SKIP" { sums.append(try PackageSum(algorithm, column[index], of: text)) }
                }
                sources.append(try PackageSource(text, sums: sums, unpacked: unpacked))
            }
        }
        if let double = Dictionary(grouping: sources, by: \.name).first(where: { $1.count > 1 })?.key {
            throw BuildError(.invalidRecipe, "\(name): two sources are called \(double)")
        }
        self.sources = sources
    }

    /// The version that it has with what `pkgver()` printed.
    func version(with pkgver: String) -> String {
        let release = version.split(separator: "-").last ?? "1"
        let epoch = version.firstIndex(of: ":").map { version[...$0] } ?? ""
        return "\(epoch)\(pkgver)-\(release)"
    }

    /// `package`, or of a split package the function of the part that is called `worker`, else the first part's.
    func packagingFunction(for worker: String) -> String? {
        let part = names.contains(worker) ? worker : names.first ?? worker
        return ["package_\(part)", "package"].first(where: functions.contains)
    }

    /// What its program may be called.
    var programNames: [String] { provides + names }

    private static func records(_ output: [UInt8]) throws(BuildError) -> [String: [String]] {
        var fields: [String: [String]] = [:]
        var texts = output.split(separator: 0, omittingEmptySubsequences: false)[...]
        while let head = texts.popFirst(), let count = Int(String(decoding: head, as: UTF8.self)), count > 0,
            count <= texts.count
        {
            let record = texts.prefix(count).map { String(decoding: $0, as: UTF8.self) }
            texts = texts.dropFirst(count)
            fields[record[0]] = Array(record.dropFirst())
            if record[0] == "end" { return fields }
        }
        throw BuildError(
            .invalidRecipe, "the PKGBUILD ended before it could be read", remedy: "see whether it calls exit")
    }

    /// As the documentation of PKGBUILD(5) has it: letters, digits and `@._+-`, not beginning with `-` or `.`.
    private static func isName(_ text: String) -> Bool {
        guard let first = text.first, first != "-", first != ".", text.utf8.count <= 100 else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789@._+-".unicodeScalars.contains(scalar))
        }
    }

    /// Neither `:`, `/`, `-` nor white space (PKGBUILD(5)).
    static func isVersion(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 100
            && text.unicodeScalars.allSatisfy { scalar in
                (0x21...0x7E).contains(scalar.value) && !":/-".unicodeScalars.contains(scalar)
            }
    }

    /// Each once, without versions, in the order given.
    static func packages(_ texts: [String]) -> [String] {
        var seen = Set<String>()
        return texts.map(withoutVersion).filter { !$0.isEmpty && seen.insert($0).inserted }
    }

    private static func withoutVersion(_ text: String) -> String { String(text.prefix { !"<>=".contains($0) }) }
}
