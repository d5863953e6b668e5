import ArtifactTypes
import Provisioning
import SystemPackage

/// What can still be read of a vendors.d file with a mistake in it: enough to tell which references are its vendor's, so
/// that no other vendor takes them in its place.
struct VendorSalvage: Sendable {
    var configurations: [VendorConfiguration] = []
    /// Whether nothing that says whose references they are was passed over.
    var isComplete = false

    init(configurations: [VendorConfiguration] = [], isComplete: Bool = false) {
        self.configurations = configurations
        self.isComplete = isComplete
    }

    init(from text: String, of name: String, at file: FilePath, modules: [VendorDescriptor]) {
        guard let document = Self.document(of: text) else { return }
        let table = FileTable(file: file.string, document: document)
        let descriptor = Self.module(of: table, modules)
        let tables = [descriptor?.name, try? table.string("module")].compactMap { name in
            name.flatMap { try? table.table($0) }
        }
        let reader = OptionReader(folder: file.removingLastComponent())
        var options = VendorOptions()
        // A header that could not be read leaves its keys to the table before it.
        for place in [table] + tables.reversed() {
            options.values.merge(reader.readable(descriptor?.options ?? [], from: place).values) { $1 }
        }
        let provided = descriptor.flatMap { try? VendorFile.provides(of: table, $0) } ?? descriptor?.provides
        configurations = [
            VendorConfiguration(
                name: name, module: descriptor?.name ?? "", file: file.string,
                provides: provided ?? Set(ArtifactKind.allCases),
                priority: (try? VendorFile.priority(of: table)) ?? 50, forms: Self.forms(of: table), options: options)
        ]
        isComplete = (try? TOMLDocument(parsing: text)) != nil
    }

    /// The module that is named, the nearest to what is named, or the one that has a table.
    private static func module(of table: FileTable, _ modules: [VendorDescriptor]) -> VendorDescriptor? {
        let names = modules.map(\.name)
        let written = try? table.string("module")
        let meant = written.flatMap { names.contains($0) ? $0 : nearestName(to: $0, among: names) }
        let name = meant ?? names.first { table.members[$0]?.kind == "a table" }
        return modules.first { $0.name == name }
    }

    private static func forms(of table: FileTable) -> [ReferenceForm] {
        guard case .array(let items)? = table.members["forms"] else { return [] }
        return items.compactMap { item in
            if case .string(let pattern) = item { ReferenceForm(pattern) } else { nil }
        }
    }

    /// The text's document; of a text that is not TOML, that of the lines that are.
    private static func document(of text: String) -> TOMLDocument? {
        // By scalars: to Swift a CR and the LF after it are one character.
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        if let document = parsed(lines) { return document }
        // 1,000: more than any such file has, and the work of a moment.
        return parsed(lines.prefix(1000).filter { (try? TOMLDocument(parsing: $0)) != nil })
    }

    /// The document of the lines, less up to eight that the parser stumbles over.
    private static func parsed(_ lines: [String]) -> TOMLDocument? {
        var lines = lines
        for _ in 0...8 {
            do {
                return try TOMLDocument(parsing: lines.joined(separator: "\n"))
            } catch {
                let index = error.place.line - 1
                guard lines.indices.contains(index), !lines[index].isEmpty else { return nil }
                lines[index] = ""
            }
        }
        return nil
    }
}
