/// A challenge of `WWW-Authenticate` (RFC 9110, 11.6.1): a scheme and its parameters.
struct AuthenticationChallenge: Sendable, Hashable {
    /// In lower case.
    var scheme: String
    /// Names in lower case.
    var parameters: [String: String]

    /// The challenges of a header, of which there may be several in one line; what does not parse ends the list.
    static func list(_ header: String) -> [AuthenticationChallenge] {
        var challenges: [AuthenticationChallenge] = []
        var rest = Substring(header)
        while true {
            rest = rest.drop { $0 == " " || $0 == "," || $0 == "\t" }
            let word = rest.prefix(while: isTokenCharacter)
            guard !word.isEmpty, challenges.count < 8 else { return challenges }
            rest = rest.dropFirst(word.count).drop { $0 == " " || $0 == "\t" }
            guard rest.first == "=" else {
                challenges.append(AuthenticationChallenge(scheme: word.lowercased(), parameters: [:]))
                continue
            }
            rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
            guard let last = challenges.indices.last, let value = value(&rest) else { return challenges }
            challenges[last].parameters[word.lowercased()] = value
        }
    }

    /// A token or a quoted string; nil for one that does not end.
    private static func value(_ rest: inout Substring) -> String? {
        guard rest.first == "\"" else {
            let token = rest.prefix { $0 != "," && $0 != " " }
            rest = rest.dropFirst(token.count)
            return String(token)
        }
        var value = ""
        rest = rest.dropFirst()
        while let character = rest.popFirst() {
            if character == "\"" { return value }
            if character != "\\" {
                value.append(character)
            } else if let escaped = rest.popFirst() {
                value.append(escaped)
            }
        }
        return nil
    }

    private static func isTokenCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "!#$%&'*+-.^_`|~".contains(character))
    }
}
