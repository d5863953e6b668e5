import ArtifactTypes
import Provisioning
import SystemPackage

/// A vendors.d file, checked against the modules that there are.
struct VendorFile: Sendable {
    let configuration: VendorConfiguration
    let recipes: [WorkerRecipeTable]
    /// The text that it was read from, to say where each value stands; nil for a built-in vendor.
    let document: TOMLDocument?
    /// Where the module is named: the place of what the module itself refuses, where it is no option.
    let modulePlace: TOMLPlace
    let namePlace: TOMLPlace

    /// Bytes. A thousand times what a long file has.
    static let maximumSize = 1 << 20

    static let keys = ["name", "module", "provides", "priority", "enabled", "trust", "forms", "worker"]

    init(builtIn configuration: VendorConfiguration) {
        self.configuration = configuration
        recipes = []
        document = nil
        modulePlace = .start
        namePlace = .start
    }

    /// - Throws: the first thing that is wrong.
    init(_ document: TOMLDocument, at file: FilePath, modules: [VendorDescriptor]) throws(VendorFileError) {
        let table = FileTable(file: file.string, document: document)
        let descriptor = try Self.module(of: table, modules)
        try table.checkKeys(Self.keys + [descriptor.name]) { key in
            guard modules.contains(where: { $0.name == key }) else { return nil }
            return "[\(key)] has the options of another module; this vendor's module is \(descriptor.name)"
        }
        let name = try Self.name(of: table, modules)
        let provides = try Self.provides(of: table, descriptor)
        let reader = OptionReader(folder: file.removingLastComponent())
        let options: VendorOptions
        if let own = try table.table(descriptor.name) {
            options = try reader.options(descriptor.options, from: own)
        } else if let required = descriptor.options.first(where: \.required) {
            throw table.error(
                at: "module",
                "the key \"\(required.name)\" is missing: module \(descriptor.name) wants it in "
                    + "a table [\(descriptor.name)]")
        } else {
            options = VendorOptions()
        }
        var configuration = VendorConfiguration(
            name: name, module: descriptor.name, file: file.string, provides: provides,
            priority: try Self.priority(of: table), enabled: try table.boolean("enabled") ?? true,
            forms: try Self.forms(of: table), trust: try TrustReader.trust(of: table), options: options)
        for rule in VendorTrust.Rule.allCases {
            let path: TOMLPath = [.key("trust"), .key(rule.rawValue)]
            configuration.trustLines[rule] = document.exactPlace(of: path)?.line
        }
        self.configuration = configuration
        recipes = try RecipeReader(provides: provides).recipes(of: table)
        self.document = document
        modulePlace = document.place(of: [.key("module")])
        namePlace = document.place(of: [.key("name")])
    }

    func error(of refusal: ProvisionError, in file: String) -> VendorFileError {
        let place = place(of: refusal)
        return VendorFileError(file: file, line: place.line, column: place.column, message: refusal.description)
    }

    /// What the module refuses, with its place in the file.
    func placed(_ refusal: ProvisionError, at file: FilePath) -> ProvisionError {
        let place = place(of: refusal)
        return ProvisionError(
            refusal.code, "\(file.string):\(place.line):\(place.column): \(refusal.message)", remedy: refusal.remedy)
    }

    /// Where the option stands that the module refuses; else where the module is named.
    private func place(of refusal: ProvisionError) -> TOMLPlace {
        refusal.option.flatMap { document?.exactPlace(of: [.key(configuration.module), .key($0)]) } ?? modulePlace
    }

    /// The name that a file gives itself as far as can be told without parsing it; else the file's own.
    static func salvagedName(from text: String, file: FilePath) -> String {
        for line in text.split(whereSeparator: \.isNewline).prefix(200) {
            let words = line.split(separator: "=", maxSplits: 1).map { $0.trimming(" \t") }
            if line.first == "[" { break }
            guard words.count == 2, words[0] == "name", let quote = words[1].first, "\"'".contains(quote) else {
                continue
            }
            let name = words[1].dropFirst().prefix { $0 != quote }
            if isName(String(name)) { return String(name) }
        }
        return file.stem ?? file.string
    }

    /// A vendor's name begins a reference, so it is what a reference's prefix may be.
    static func isName(_ text: String) -> Bool {
        guard let first = text.first, first.isASCII, first.isLetter, text.utf8.count <= 64 else { return false }
        return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }

    private static func module(
        of table: FileTable, _ modules: [VendorDescriptor]
    ) throws(VendorFileError) -> VendorDescriptor {
        guard let name = try table.string("module") else {
            // A misspelt key is the likelier reason than a forgotten one.
            try table.checkKeys(keys + modules.map(\.name))
            throw table.missing("module")
        }
        guard let descriptor = modules.first(where: { $0.name == name }) else {
            let known = modules.map(\.name)
            throw table.error(
                at: "module", "unknown module \"\(name.visiblyEscaped)\"; there are \(known.joined(separator: ", "))",
                suggestion: nearestName(to: name, among: known))
        }
        return descriptor
    }

    private static func name(of table: FileTable, _ modules: [VendorDescriptor]) throws(VendorFileError) -> String {
        guard let name = try table.string("name") else { throw table.missing("name") }
        guard isName(name) else {
            throw table.error(
                at: "name",
                "bad name \"\(name.visiblyEscaped)\": a letter, then letters, digits, \"-\", \"_\" or "
                    + "\".\", at most 64")
        }
        let isBuiltIn = modules.contains { $0.builtIn.contains { $0.name == name } }
        if ["http", "https", "oci", "file", "git"].contains(name.lowercased()), !isBuiltIn {
            throw table.error(at: "name", "bad name \"\(name)\": references that begin so are URLs")
        }
        return name
    }

    static func provides(
        of table: FileTable, _ descriptor: VendorDescriptor
    ) throws(VendorFileError) -> Set<ArtifactKind> {
        guard let node = table.members["provides"] else { return descriptor.provides }
        let words: [String]
        if case .string(let word) = node { words = [word] } else { words = try table.strings("provides") ?? [] }
        var provides: Set<ArtifactKind> = []
        for word in words {
            if word == "both" {
                provides = Set(ArtifactKind.allCases)
            } else if let kind = ArtifactKind.allCases.first(where: { $0.plural == word }) {
                provides.insert(kind)
            } else {
                throw table.error(
                    at: "provides", "\"provides\" takes models, workers or both, not \"\(word.visiblyEscaped)\"",
                    suggestion: nearestName(to: word, among: ["models", "workers", "both"]))
            }
        }
        if provides.isEmpty { throw table.error(at: "provides", "\"provides\" is empty: models, workers or both") }
        if let foreign = provides.subtracting(descriptor.provides).first {
            throw table.error(at: "provides", "module \(descriptor.name) cannot provide \(foreign.plural)")
        }
        return provides
    }

    static func priority(of table: FileTable) throws(VendorFileError) -> Int {
        let priority = try table.integer("priority") ?? 50
        guard (0...1000).contains(priority) else {
            throw table.error(at: "priority", "\"priority\" is from 0 to 1000")
        }
        return priority
    }

    private static func forms(of table: FileTable) throws(VendorFileError) -> [ReferenceForm] {
        var forms: [ReferenceForm] = []
        for (index, pattern) in (try table.strings("forms") ?? []).enumerated() {
            guard let form = ReferenceForm(pattern) else {
                throw table.error(
                    at: table.path(to: "forms") + [.index(index)],
                    "bad form \"\(pattern.visiblyEscaped)\": a form is text and placeholders, as \"hub:{org}/{name}\"")
            }
            forms.append(form)
        }
        return forms
    }
}

extension Substring {
    /// The text without any of `characters` at its ends.
    func trimming(_ characters: String) -> Substring {
        var rest = self
        while let first = rest.first, characters.contains(first) { rest.removeFirst() }
        while let last = rest.last, characters.contains(last) { rest.removeLast() }
        return rest
    }
}
