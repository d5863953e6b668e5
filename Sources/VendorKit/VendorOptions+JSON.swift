import ArtifactTypes
import Provisioning

extension VendorOptions {
    /// The options of a module as `initialize` brings them: plain ones as JSON, secrets by name.
    ///
    /// A secret that was handed over becomes `SecretSource.environment("RBEE_SECRET_…")`, which the services of a
    /// vendor that runs as an executable answer with it. A text that is not said is taken from the variable that its
    /// option names.
    init(
        _ json: [String: JSONValue], declared: [VendorOption], secrets: Set<String>, environment: [String: String] = [:]
    ) throws(ProvisionError) {
        var values: [String: Value] = [:]
        for (name, value) in json.sorted(by: { $0.key < $1.key }) {
            guard let option = declared.first(where: { $0.name == name }) else {
                throw ProvisionError(.configuration, "unknown option \"\(name.visiblyEscaped)\"")
            }
            guard let converted = try Value(value, as: option.shape, secrets: secrets) else {
                throw ProvisionError(.configuration, "option \"\(name)\" is of the wrong type")
            }
            values[name] = converted
        }
        for option in declared {
            if case .secret = option.shape, secrets.contains(option.name) {
                values[option.name] = .secret(.environment(handedOverVariable(option.name)))
            }
            if case .string = option.shape, values[option.name] == nil {
                values[option.name] = option.environment.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
                    .map { .string($0) }
            }
            if option.required, values[option.name] == nil {
                throw ProvisionError(.configuration, "option \"\(option.name)\" is missing")
            }
        }
        self.init(values)
    }
}

/// The made-up environment variable by which a module asks for a secret that was handed over.
func handedOverVariable(_ name: String) -> String { "RBEE_SECRET_\(name)" }

extension VendorOptions.Value {
    /// Nil where `json` is not of `shape`. Secrets never come this way.
    fileprivate init?(
        _ json: JSONValue, as shape: VendorOption.Shape, secrets: Set<String>
    ) throws(ProvisionError) {
        switch (shape, json) {
        case (.string, .string(let text)): self = .string(text)
        case (.integer, .integer(let number)):
            guard let number = Int(exactly: number) else { return nil }
            self = .integer(number)
        case (.boolean, .bool(let flag)): self = .boolean(flag)
        case (.strings, .array(let items)):
            let strings = items.compactMap(\.stringValue)
            guard strings.count == items.count else { return nil }
            self = .strings(strings)
        case (.list(let inner), .array(let items)):
            var values: [Self] = []
            for item in items {
                guard let value = try Self(item, as: inner, secrets: secrets) else { return nil }
                values.append(value)
            }
            self = .list(values)
        case (.table(let declared), .object(let members)):
            self = .table(try VendorOptions(members, declared: declared, secrets: secrets))
        case (.anything, _): self = .anything(json)
        case (.either(let first, let second), _):
            if let value = try Self(json, as: first, secrets: secrets) {
                self = value
            } else if let value = try Self(json, as: second, secrets: secrets) {
                self = value
            } else {
                return nil
            }
        default: return nil
        }
    }
}
