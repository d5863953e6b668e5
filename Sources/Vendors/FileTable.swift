import ArtifactTypes

/// One table of a vendors.d file, read key by key; whatever is wrong throws with its place.
struct FileTable {
    let file: String
    let document: TOMLDocument
    let path: TOMLPath
    let members: [String: TOMLNode]

    /// The document's own table, above all headers.
    init(file: String, document: TOMLDocument) {
        self.file = file
        self.document = document
        path = []
        members = document.root
    }

    private init(file: String, document: TOMLDocument, path: TOMLPath, members: [String: TOMLNode]) {
        self.file = file
        self.document = document
        self.path = path
        self.members = members
    }

    /// How errors name the table: ` in [git]`, or nothing for the document's own.
    private var whereabouts: String {
        let names = path.compactMap { step in if case .key(let key) = step { key } else { nil } }
        return names.isEmpty ? "" : " in [\(names.joined(separator: ".").visiblyEscaped)]"
    }

    func path(to key: String) -> TOMLPath { path + [.key(key)] }

    func error(at path: TOMLPath, _ message: String, suggestion: String? = nil) -> VendorFileError {
        let place = document.place(of: path)
        return VendorFileError(
            file: file, line: place.line, column: place.column, message: message, suggestion: suggestion)
    }

    func error(at key: String, _ message: String, suggestion: String? = nil) -> VendorFileError {
        error(at: path(to: key), message, suggestion: suggestion)
    }

    /// - Throws: the first key, in the order of the text, that is not one of `known`.
    ///   `explain` may say more of a key than that it is unknown.
    func checkKeys(_ known: [String], explain: (String) -> String? = { _ in nil }) throws(VendorFileError) {
        let unknown = members.keys.filter { !known.contains($0) }
        let placed = unknown.map { (key: $0, place: document.place(of: path(to: $0))) }
        let first = placed.min {
            ($0.place.line, $0.place.column, $0.key) < ($1.place.line, $1.place.column, $1.key)
        }
        guard let key = first?.key else { return }
        if let explanation = explain(key) { throw error(at: key, explanation) }
        let suggestion = nearestName(to: key, among: known)
        let list = suggestion == nil ? "; known are \(known.joined(separator: ", "))" : ""
        throw error(at: key, "unknown key \"\(key.visiblyEscaped)\"\(whereabouts)\(list)", suggestion: suggestion)
    }

    func string(_ key: String) throws(VendorFileError) -> String? {
        switch members[key] {
        case nil: return nil
        case .string(let value): return value
        case let other?: throw wrongKind(other, at: path(to: key), key, wanted: "a string")
        }
    }

    func integer(_ key: String) throws(VendorFileError) -> Int? {
        switch members[key] {
        case nil: return nil
        case .integer(let value): return value
        case let other?: throw wrongKind(other, at: path(to: key), key, wanted: "an integer")
        }
    }

    func boolean(_ key: String) throws(VendorFileError) -> Bool? {
        switch members[key] {
        case nil: return nil
        case .boolean(let value): return value
        case let other?: throw wrongKind(other, at: path(to: key), key, wanted: "true or false")
        }
    }

    func strings(_ key: String) throws(VendorFileError) -> [String]? {
        guard let node = members[key] else { return nil }
        guard case .array(let items) = node else {
            throw wrongKind(node, at: path(to: key), key, wanted: "an array of strings")
        }
        var strings: [String] = []
        for (index, item) in items.enumerated() {
            guard case .string(let value) = item else {
                throw wrongKind(item, at: path(to: key) + [.index(index)], key, wanted: "strings")
            }
            strings.append(value)
        }
        return strings
    }

    func table(_ key: String) throws(VendorFileError) -> FileTable? {
        guard let node = members[key] else { return nil }
        guard case .table = node, let table = below(node, at: path(to: key)) else {
            throw wrongKind(node, at: path(to: key), key, wanted: "a table")
        }
        return table
    }

    /// The tables under `[[key]]`.
    func tables(_ key: String) throws(VendorFileError) -> [FileTable] {
        guard let node = members[key] else { return [] }
        guard case .array(let items) = node else {
            throw error(at: key, "\"\(key)\" wants to be written as [[\(key)]], not as \(node.kind)")
        }
        var tables: [FileTable] = []
        for (index, item) in items.enumerated() {
            let place = path(to: key) + [.index(index)]
            guard let table = below(item, at: place) else { throw wrongKind(item, at: place, key, wanted: "tables") }
            tables.append(table)
        }
        return tables
    }

    /// `node` as a table to be read; nil where it is none.
    func below(_ node: TOMLNode, at path: TOMLPath) -> FileTable? {
        guard case .table(let members) = node else { return nil }
        return FileTable(file: file, document: document, path: path, members: members)
    }

    func missing(_ key: String) -> VendorFileError {
        error(at: path, "the key \"\(key)\" is missing\(whereabouts)")
    }

    func wrongKind(_ node: TOMLNode, at path: TOMLPath, _ key: String, wanted: String) -> VendorFileError {
        error(at: path, "\"\(key.visiblyEscaped)\"\(whereabouts) wants \(wanted), not \(node.kind)")
    }
}
