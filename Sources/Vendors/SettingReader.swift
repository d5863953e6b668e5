import ArtifactTypes
import Provisioning

/// Lists what a vendors.d file and the environment come to, value by value.
struct SettingReader {
    let file: VendorFile
    let descriptor: VendorDescriptor
    let environment: [String: String]
    private var settings: [VendorDescription.Setting] = []

    init(_ file: VendorFile, _ descriptor: VendorDescriptor, environment: [String: String]) {
        self.file = file
        self.descriptor = descriptor
        self.environment = environment
    }

    /// Whether this is an instance that takes values from the environment: a built-in one, or a file in its place.
    private var inherits: Bool { descriptor.builtIn.contains { $0.name == file.configuration.name } }

    mutating func read() -> [VendorDescription.Setting] {
        let configuration = file.configuration
        add("name", configuration.name)
        add("module", configuration.module)
        add("provides", configuration.provides.map(\.plural).sorted().joined(separator: ", "))
        add("priority", "\(configuration.priority)")
        add("enabled", "\(configuration.enabled)")
        add("forms", configuration.forms.isEmpty ? nil : configuration.forms.map(\.pattern).joined(separator: ", "))
        add(configuration.trust)
        let table: TOMLPath = [.key(descriptor.name)]
        for option in descriptor.options {
            add(option, configuration.options.values[option.name], at: table + [.key(option.name)])
        }
        if let workers = file.document?.root["worker"] { add(workers, at: [.key("worker")]) }
        return settings
    }

    private mutating func add(_ trust: VendorTrust) {
        for rule in VendorTrust.Rule.allCases {
            let value =
                switch rule {
                case .organizations:
                    trust.organizations.isEmpty ? "everyone" : trust.organizations.joined(separator: ", ")
                case .formats: trust.formats.isEmpty ? "all" : trust.formats.joined(separator: ", ")
                case .licenses: trust.licenses.isEmpty ? "all" : trust.licenses.joined(separator: ", ")
                case .maximumSize: trust.maximumSize.map { "\(ByteCount($0))" } ?? "no limit"
                }
            add(path: [.key("trust"), .key(rule.rawValue)], value)
        }
        add(path: [.key("trust"), .key("allow-pickle")], "\(trust.allowPickle)")
    }

    // MARK: Values

    private mutating func add(_ key: String, _ value: String?) { add(path: [.key(key)], value) }

    private mutating func add(path: TOMLPath, _ value: String?, isSecret: Bool = false) {
        settings.append(
            .init(key: path.text, value: value.map(withoutPassword), isSecret: isSecret, origin: origin(of: path)))
    }

    private func origin(of path: TOMLPath) -> VendorDescription.Setting.Origin {
        guard let name = file.configuration.file, let place = file.document?.exactPlace(of: path) else {
            return .standard
        }
        return .file(name, line: place.line)
    }

    private mutating func add(_ option: VendorOption, _ value: VendorOptions.Value?, at path: TOMLPath) {
        if let value { return add(value, at: path) }
        let isSecret = if case .secret = option.shape { true } else { false }
        let isKept = option.environmentUnless.map { file.configuration.options.values[$0] != nil } ?? false
        if inherits, !isKept,
            let variable = option.environment.first(where: { !(environment[$0] ?? "").isEmpty })
        {
            let value = isSecret ? "environment variable \(variable)" : environment[variable]
            settings.append(
                .init(
                    key: path.text, value: value.map(withoutPassword), isSecret: isSecret,
                    origin: .environment(variable)))
        } else {
            add(path: path, option.fallback, isSecret: isSecret)
        }
    }

    private mutating func add(_ value: VendorOptions.Value, at path: TOMLPath) {
        switch value {
        case .string(let text): add(path: path, text)
        case .integer(let number): add(path: path, "\(number)")
        case .boolean(let flag): add(path: path, "\(flag)")
        case .strings(let texts):
            add(path: path, texts.map(withoutPassword).joined(separator: ", "))
        case .secret(let source): add(source, at: path)
        case .secrets(let sources):
            for (name, source) in sources.sorted(by: { $0.key < $1.key }) { add(source, at: path + [.key(name)]) }
        case .anything(let json): add(json, at: path)
        case .table(let options):
            for (name, inner) in options.values.sorted(by: { $0.key < $1.key }) { add(inner, at: path + [.key(name)]) }
        case .list(let items):
            for (index, item) in items.enumerated() { add(item, at: path + [.index(index)]) }
        }
    }

    private mutating func add(_ json: JSONValue, at path: TOMLPath) {
        guard case .object(let members) = json else { return add(path: path, json.text) }
        for (key, member) in members.sorted(by: { $0.key < $1.key }) { add(member, at: path + [.key(key)]) }
    }

    private mutating func add(_ source: SecretSource, at path: TOMLPath) {
        var text = source.description
        if case .environment(let name) = source, (environment[name] ?? "").isEmpty { text += " (not set)" }
        add(path: path, text, isSecret: true)
    }

    /// A recipe's values. No secret is among them: no key of `[[worker]]` takes one.
    private mutating func add(_ node: TOMLNode, at path: TOMLPath) {
        switch node {
        case .string(let text): add(path: path, text)
        case .integer(let number): add(path: path, "\(number)")
        case .boolean(let flag): add(path: path, "\(flag)")
        case .other(let kind): add(path: path, kind)
        case .table(let members):
            for (key, member) in members.sorted(by: { $0.key < $1.key }) { add(member, at: path + [.key(key)]) }
        case .array(let items):
            let texts = items.compactMap { item in if case .string(let text) = item { text } else { nil } }
            if texts.count == items.count { return add(path: path, texts.joined(separator: "; ")) }
            for (index, item) in items.enumerated() { add(item, at: path + [.index(index)]) }
        }
    }

    /// A variable may hold a URL with a password, which no file may.
    private func withoutPassword(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text }
        let authority = text[scheme.upperBound...].prefix { !"/?#".contains($0) }
        guard let at = authority.lastIndex(of: "@"), authority[..<at].contains(":") || text.hasPrefix("http") else {
            return text
        }
        return "\(text[..<scheme.upperBound])•••\(text[at...])"
    }
}

extension TOMLPath {
    /// The path as messages write it: `git.mirrors[1].url`.
    var text: String {
        reduce(into: "") { text, step in
            switch step {
            case .key(let key): text += (text.isEmpty ? "" : ".") + key
            case .index(let index): text += "[\(index)]"
            }
        }
    }
}

extension JSONValue {
    /// As a person reads it; nil for nothing.
    fileprivate var text: String? {
        switch self {
        case .string(let text): text
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .bool(let flag): "\(flag)"
        case .array(let items): items.compactMap(\.text).joined(separator: ", ")
        case .null, .object: nil
        }
    }
}
