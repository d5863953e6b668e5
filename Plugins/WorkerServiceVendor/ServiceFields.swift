import ArtifactTypes
import Provisioning

/// A JSON object of a service's answer. Names are in camel case; the same in snake case will do.
struct ServiceFields {
    private let members: [String: JSONValue]
    /// What the object is of, for messages.
    private let subject: String

    init(_ value: JSONValue, of subject: String) throws(ProvisionError) {
        guard case .object(let members) = value else {
            throw ProvisionError(.unavailable, "not a worker catalog's answer: \(subject) is no object")
        }
        self.init(members, of: subject)
    }

    private init(_ members: [String: JSONValue], of subject: String) {
        self.members = members
        self.subject = subject
    }

    func called(_ id: String) -> ServiceFields { ServiceFields(members, of: "worker \(id)") }

    func text(_ name: String) throws(ProvisionError) -> String {
        guard let text = try optionalText(name) else { throw odd(name, "is missing") }
        return text
    }

    func optionalText(_ name: String) throws(ProvisionError) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.stringValue else { throw odd(name, "is no text") }
        guard text.utf8.count <= Self.textLimit else { throw odd(name, "is longer than \(Self.textLimit) bytes") }
        return text
    }

    /// Empty where there is none.
    func texts(_ name: String) throws(ProvisionError) -> [String] {
        guard let value = value(name) else { return [] }
        guard let items = value.arrayValue, items.count <= Self.itemLimit else {
            throw odd(name, "is no list of texts")
        }
        var texts: [String] = []
        for item in items {
            guard let text = item.stringValue, text.utf8.count <= 200 else { throw odd(name, "is no list of texts") }
            texts.append(text)
        }
        return texts
    }

    func integer(_ name: String) throws(ProvisionError) -> Int64? {
        guard let value = value(name) else { return nil }
        guard let number = value.integerValue, number >= 0 else { throw odd(name, "is no number") }
        return number
    }

    /// False where there is none.
    func flag(_ name: String) throws(ProvisionError) -> Bool {
        guard let value = value(name) else { return false }
        guard let flag = value.boolValue else { throw odd(name, "is neither true nor false") }
        return flag
    }

    func object(_ name: String) throws(ProvisionError) -> ServiceFields? {
        guard let value = value(name) else { return nil }
        guard case .object(let members) = value else { throw odd(name, "is no object") }
        return ServiceFields(members, of: subject)
    }

    func objects(_ name: String) throws(ProvisionError) -> [ServiceFields]? {
        guard let value = value(name) else { return nil }
        guard let items = value.arrayValue, items.count <= Self.itemLimit else { throw odd(name, "is no list") }
        var objects: [ServiceFields] = []
        for item in items {
            guard case .object(let members) = item else { throw odd(name, "is no list of objects") }
            objects.append(ServiceFields(members, of: subject))
        }
        return objects
    }

    private static let textLimit = 4096
    private static let itemLimit = 100

    private func value(_ name: String) -> JSONValue? {
        guard let value = members[name] ?? members[Self.snake(name)], value != .null else { return nil }
        return value
    }

    /// `binaryName` as `binary_name`.
    private static func snake(_ name: String) -> String {
        name.reduce(into: "") { text, character in
            text += character.isUppercase ? "_\(character.lowercased())" : "\(character)"
        }
    }

    private func odd(_ name: String, _ what: String) -> ProvisionError {
        ProvisionError(.unavailable, "not a worker catalog's answer: \(name) of \(subject) \(what)")
    }
}
