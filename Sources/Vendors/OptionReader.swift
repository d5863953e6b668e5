import ArtifactTypes
import Provisioning
import SystemPackage

/// Reads a module's table by the shapes that its descriptor declares.
struct OptionReader {
    /// The folder of the vendors.d file, which paths that begin with `./` are relative to.
    let folder: FilePath

    func options(_ declared: [VendorOption], from table: FileTable) throws(VendorFileError) -> VendorOptions {
        try table.checkKeys(declared.map(\.name))
        var values: [String: VendorOptions.Value] = [:]
        for option in declared {
            guard let node = table.members[option.name] else {
                if option.required { throw table.missing(option.name) }
                continue
            }
            let path = table.path(to: option.name)
            values[option.name] = try value(node, as: option.shape, of: option.name, at: path, in: table)
        }
        return VendorOptions(values)
    }

    /// The options that can be read, whatever else is wrong with the table; a misspelt key counts as the one that was
    /// meant.
    func readable(_ declared: [VendorOption], from table: FileTable) -> VendorOptions {
        let names = declared.map(\.name)
        var values: [String: VendorOptions.Value] = [:]
        for option in declared {
            let misspelt = table.members.keys.sorted().first {
                !names.contains($0) && nearestName(to: $0, among: names) == option.name
            }
            let key = table.members[option.name] != nil ? option.name : misspelt
            guard let key, let node = table.members[key] else { continue }
            if case .string(let text) = node, case .string = option.shape {
                values[option.name] = .string(ArtifactReference.normalizingAuthority(of: text, keepingUser: false))
            } else {
                values[option.name] = try? value(node, as: option.shape, of: key, at: table.path(to: key), in: table)
            }
        }
        return VendorOptions(values)
    }

    private func value(
        _ node: TOMLNode, as shape: VendorOption.Shape, of name: String, at path: TOMLPath, in table: FileTable
    ) throws(VendorFileError) -> VendorOptions.Value {
        switch (shape, node) {
        case (.string, .string(let text)):
            return .string(try withoutPassword(text, of: name, at: path, in: table))
        case (.integer, .integer(let number)):
            return .integer(number)
        case (.boolean, .boolean(let flag)):
            return .boolean(flag)
        case (.strings, .array(let items)):
            var strings: [String] = []
            for (index, item) in items.enumerated() {
                let place = path + [.index(index)]
                guard case .string(let text) = item else {
                    throw table.wrongKind(item, at: place, name, wanted: "strings")
                }
                strings.append(try withoutPassword(text, of: name, at: place, in: table))
            }
            return .strings(strings)
        case (.list(let inner), .array(let items)):
            var values: [VendorOptions.Value] = []
            for (index, item) in items.enumerated() {
                values.append(try value(item, as: inner, of: name, at: path + [.index(index)], in: table))
            }
            return .list(values)
        case (.table(let declared), .table):
            guard let inner = table.below(node, at: path) else { break }
            return .table(try options(declared, from: inner))
        case (.secret, _):
            return .secret(try secret(node, of: name, at: path, in: table))
        case (.secrets, .table(let members)):
            var secrets: [String: SecretSource] = [:]
            for (key, member) in members.sorted(by: { $0.key < $1.key }) {
                secrets[key] = try secret(member, of: key, at: path + [.key(key)], in: table)
            }
            return .secrets(secrets)
        case (.anything, _):
            return .anything(try json(node, of: name, at: path, in: table))
        case (.either(let first, let second), _):
            guard first.accepts(node) || second.accepts(node) else { break }
            return try value(node, as: first.accepts(node) ? first : second, of: name, at: path, in: table)
        default:
            break
        }
        throw table.wrongKind(node, at: path, name, wanted: shape.wanted)
    }

    private func json(
        _ node: TOMLNode, of name: String, at path: TOMLPath, in table: FileTable
    ) throws(VendorFileError) -> JSONValue {
        switch node {
        case .string(let text): return .string(try withoutPassword(text, of: name, at: path, in: table))
        case .integer(let number): return .integer(Int64(number))
        case .boolean(let flag): return .bool(flag)
        case .array(let items):
            var values: [JSONValue] = []
            for (index, item) in items.enumerated() {
                values.append(try json(item, of: name, at: path + [.index(index)], in: table))
            }
            return .array(values)
        case .table(let members):
            var values: [String: JSONValue] = [:]
            for (key, member) in members {
                values[key] = try json(member, of: key, at: path + [.key(key)], in: table)
            }
            return .object(values)
        case .other:
            throw table.wrongKind(node, at: path, name, wanted: "a text, a whole number, true or false")
        }
    }

    private func secret(
        _ node: TOMLNode, of name: String, at path: TOMLPath, in table: FileTable
    ) throws(VendorFileError) -> SecretSource {
        let ways = "{ env = \"NAME\" }, { file = \"PATH\" } or { command = [\"PROGRAM\"] }"
        if case .string = node {
            throw table.error(at: path, "\"\(name)\" is a secret and never stands in a file; say where it is: \(ways)")
        }
        guard let source = table.below(node, at: path) else {
            throw table.wrongKind(node, at: path, name, wanted: ways)
        }
        try source.checkKeys(["env", "file", "command"])
        guard source.members.count == 1 else {
            throw table.error(at: path, "\"\(name)\" wants one of \(ways)")
        }
        if let variable = try source.string("env") {
            guard !variable.isEmpty, !variable.contains("=") else {
                throw source.error(at: "env", "\"env\" wants the name of an environment variable")
            }
            return .environment(variable)
        }
        if let file = try source.string("file") {
            guard !file.isEmpty else { throw source.error(at: "file", "\"file\" wants a path") }
            return .file(besideFile(file))
        }
        var words = try source.strings("command") ?? []
        guard let program = words.first, !program.isEmpty else {
            throw source.error(at: "command", "\"command\" wants a program and its arguments")
        }
        words[0] = besideFile(program)
        return .command(words)
    }

    private func besideFile(_ path: String) -> String {
        path.hasPrefix("./") ? folder.appending(String(path.dropFirst(2))).string : path
    }

    /// A URL with a password in it is a literal secret too, and would reach every log that names the URL.
    private func withoutPassword(
        _ text: String, of name: String, at path: TOMLPath, in table: FileTable
    ) throws(VendorFileError) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text }
        let authority = text[scheme.upperBound...].prefix { !"/?#".contains($0) }
        guard let at = authority.lastIndex(of: "@") else { return text }
        let isHTTP = text.lowercased().hasPrefix("http")
        guard isHTTP || authority[..<at].contains(":") else { return text }
        throw table.error(
            at: path, "the URL in \"\(name)\" carries a user or password; name them as \"username\" and \"token\"")
    }
}

extension VendorOption.Shape {
    /// Whether `node` is of the kind that the shape begins with; what is inside is looked at afterwards.
    func accepts(_ node: TOMLNode) -> Bool {
        switch (self, node) {
        case (.string, .string), (.integer, .integer), (.boolean, .boolean), (.strings, .array), (.list, .array),
            (.table, .table), (.secret, .table), (.secrets, .table), (.anything, _):
            true
        case (.either(let first, let second), _): first.accepts(node) || second.accepts(node)
        default: false
        }
    }

    var wanted: String {
        switch self {
        case .string: "a string"
        case .integer: "an integer"
        case .boolean: "true or false"
        case .strings: "an array of strings"
        case .secret: "a table that says where the secret is"
        case .secrets: "a table of secrets"
        case .anything: "a value"
        case .table: "a table"
        case .list: "an array"
        case .either(let first, let second): "\(first.wanted) or \(second.wanted)"
        }
    }
}
