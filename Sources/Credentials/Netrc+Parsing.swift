import ArtifactTypes
public import Logging
import SystemPackage

extension Netrc {
    /// Files that people write are a few lines; this is a bound on what is read at all.
    static let sizeLimit = 1 << 20
    private static let tokenLimit = 16 << 10

    /// The user's own file: `$NETRC`, else `~/.netrc`. Nil where there is none.
    ///
    /// - Throws: where there is one and it cannot be read or does not parse.
    public static func user(environment: [String: String], logger: Logger) throws(CredentialError) -> Netrc? {
        let reader = SecretReader(environment: environment, logger: logger)
        guard environment["NETRC"] != nil || environment["HOME"] != nil else { return nil }
        let path = try reader.userFile(environment["NETRC"] ?? "~/.netrc")
        do {
            return try Netrc(parsing: readPrivateFile(path, limit: sizeLimit, logger: logger), from: path.string)
        } catch  where error.code == .missing {
            return nil
        }
    }

    /// - Parameter name: what messages call it.
    /// - Throws: `malformed`, with the line.
    public init(parsing bytes: [UInt8], from name: String) throws(CredentialError) {
        var scanner = Scanner(bytes: bytes, name: name, tokenLimit: Self.tokenLimit)
        var entries: [Entry] = []
        while let word = try scanner.token() {
            switch word {
            case "machine":
                entries.append(Entry(host: try scanner.value(of: word).lowercased()))
            case "default":
                entries.append(Entry(host: nil))
            case "macdef":
                _ = try scanner.value(of: word)
                scanner.skipToEmptyLine()
            case "login", "password", "account":
                let value = try scanner.value(of: word)
                guard let last = entries.indices.last else {
                    throw scanner.malformed("'\(word)' before the first 'machine'")
                }
                if word == "login" { entries[last].user = value }
                if word == "password" { entries[last].password = Secret(value) }
            default:
                // Not repeated: a word that is out of place may well be a password.
                throw scanner.malformed("expected 'machine', 'default', 'login', 'password', 'account' or 'macdef'")
            }
        }
        self.init(entries: entries)
    }
}

/// The words of a netrc file.
private struct Scanner {
    let bytes: [UInt8]
    let name: String
    let tokenLimit: Int
    private var position = 0
    private var line = 1

    init(bytes: [UInt8], name: String, tokenLimit: Int) {
        self.bytes = bytes
        self.name = name
        self.tokenLimit = tokenLimit
    }

    func malformed(_ reason: String) -> CredentialError {
        CredentialError(.malformed, "\(name), line \(line): \(reason)")
    }

    mutating func value(of word: String) throws(CredentialError) -> String {
        guard let value = try token(mayBeComment: false) else { throw malformed("'\(word)' without a value") }
        return value
    }

    /// The next word; nil at the end. A value may begin with `#`.
    mutating func token(mayBeComment: Bool = true) throws(CredentialError) -> String? {
        skipSpace()
        while mayBeComment, peek == UInt8(ascii: "#") {
            while let byte = peek, byte != UInt8(ascii: "\n") { advance(byte) }
            skipSpace()
        }
        guard let first = peek else { return nil }
        let word = first == UInt8(ascii: "\"") ? try quoted() : bare()
        guard word.count <= tokenLimit else { throw malformed("a word over \(tokenLimit) bytes") }
        guard let text = String(validating: word, as: UTF8.self) else { throw malformed("not UTF-8") }
        return text
    }

    /// A macro ends at an empty line.
    mutating func skipToEmptyLine() {
        while let byte = peek {
            advance(byte)
            guard byte == UInt8(ascii: "\n") else { continue }
            if peek == UInt8(ascii: "\r") { position += 1 }
            if peek == UInt8(ascii: "\n") { return }
        }
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func advance(_ byte: UInt8) {
        position += 1
        if byte == UInt8(ascii: "\n") { line += 1 }
    }

    private mutating func skipSpace() {
        while let byte = peek, Self.isSpace(byte) { advance(byte) }
    }

    private mutating func bare() -> [UInt8] {
        var word: [UInt8] = []
        while let byte = peek, !Self.isSpace(byte) {
            word.append(byte)
            advance(byte)
        }
        return word
    }

    private mutating func quoted() throws(CredentialError) -> [UInt8] {
        var word: [UInt8] = []
        position += 1
        while let byte = peek, byte != UInt8(ascii: "\n") {
            advance(byte)
            if byte == UInt8(ascii: "\"") { return word }
            guard byte == UInt8(ascii: "\\"), let escaped = peek else {
                word.append(byte)
                continue
            }
            advance(escaped)
            switch escaped {
            case UInt8(ascii: "n"): word.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "r"): word.append(UInt8(ascii: "\r"))
            case UInt8(ascii: "t"): word.append(UInt8(ascii: "\t"))
            default: word.append(escaped)
            }
        }
        throw malformed("a quoted word without its closing quote")
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
