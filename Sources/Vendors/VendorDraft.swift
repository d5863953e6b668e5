public import ArtifactTypes
import Provisioning

/// A vendors.d file that is to be written: what it says, still unchecked.
public struct VendorDraft: Sendable {
    public var name: String
    public var module: String
    /// Empty for all that the module can.
    public var provides: Set<ArtifactKind>
    public var priority: Int?
    public var enabled: Bool
    public var forms: [String]
    public var organizations: [String]
    /// Options of the module: name and value, in the order in which they are to stand. An option that takes several
    /// values is named once for each; a secret is `env:NAME` or `file:PATH`.
    public var options: [(name: String, value: String)]

    public init(
        name: String, module: String, provides: Set<ArtifactKind> = [], priority: Int? = nil, enabled: Bool = true,
        forms: [String] = [], organizations: [String] = [], options: [(name: String, value: String)] = []
    ) {
        self.name = name
        self.module = module
        self.provides = provides
        self.priority = priority
        self.enabled = enabled
        self.forms = forms
        self.organizations = organizations
        self.options = options
    }

    /// What a file would say of a built-in vendor.
    init(of builtIn: VendorConfiguration, enabled: Bool) {
        var options: [(name: String, value: String)] = []
        for (name, value) in builtIn.options.values.sorted(by: { $0.key < $1.key }) {
            switch value {
            case .string(let text): options.append((name, text))
            case .integer(let number): options.append((name, "\(number)"))
            case .boolean(let flag): options.append((name, "\(flag)"))
            case .strings(let texts): options += texts.map { (name, $0) }
            // No instance is built in with secrets or tables.
            case .secret, .secrets, .anything, .table, .list: continue
            }
        }
        self.init(
            name: builtIn.name, module: builtIn.module, provides: builtIn.provides,
            priority: builtIn.priority == 50 ? nil : builtIn.priority, enabled: enabled, options: options)
    }

    /// The file's text. What the module does not know is written all the same, for the check to name it with its line.
    ///
    /// - Throws: `.invalid` for a secret that is said itself.
    func text(_ declared: [VendorOption]) throws(ProvisionError) -> String {
        var lines = ["name = \(Self.quoted(name))", "module = \(Self.quoted(module))"]
        if !provides.isEmpty { lines.append("provides = \(Self.array(provides.map(\.plural).sorted()))") }
        if let priority { lines.append("priority = \(priority)") }
        if !enabled { lines.append("enabled = false") }
        if !forms.isEmpty { lines.append("forms = \(Self.array(forms))") }
        if !organizations.isEmpty { lines.append("trust = { organizations = \(Self.array(organizations)) }") }
        var names: [String] = []
        for option in options where !names.contains(option.name) { names.append(option.name) }
        if !names.isEmpty { lines += ["", "[\(module)]"] }
        for name in names {
            let values = options.filter { $0.name == name }.map(\.value)
            let shape = declared.first { $0.name == name }?.shape ?? .string
            lines.append("\(Self.key(name)) = \(try Self.value(values, as: shape, of: name))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func value(
        _ values: [String], as shape: VendorOption.Shape, of name: String
    ) throws(ProvisionError) -> String {
        let last = values.last ?? ""
        switch shape {
        case .strings, .list: return array(values)
        case .integer: return Int(last).map { "\($0)" } ?? quoted(last)
        case .boolean: return last == "true" || last == "false" ? last : quoted(last)
        case .either(.boolean, _) where last == "true" || last == "false": return last
        case .either(_, .strings): return array(values)
        case .secret:
            for (prefix, key) in [("env:", "env"), ("file:", "file")] where last.hasPrefix(prefix) {
                return "{ \(key) = \(quoted(String(last.dropFirst(prefix.count)))) }"
            }
            throw ProvisionError(
                .invalid, "\(name) is a secret and never stands in a file",
                remedy: "say where it is: \(name)=env:NAME or \(name)=file:PATH")
        default: return quoted(last)
        }
    }

    private static func array(_ texts: [String]) -> String { "[\(texts.map(quoted).joined(separator: ", "))]" }

    private static func key(_ text: String) -> String {
        let isBare =
            !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }
        return isBare ? text : quoted(text)
    }

    /// A basic string of TOML 1.0: quotes, backslashes and control characters escaped.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
