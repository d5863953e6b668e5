/// Where a secret comes from. A configuration names the place; a literal secret in a file is refused.
public enum SecretSource: Sendable, Hashable, CustomStringConvertible {
    case environment(String)
    case file(String)
    case command([String])

    public var description: String {
        switch self {
        case .environment(let name): "environment variable \(name)"
        case .file(let path): "file \(path)"
        case .command(let words): "command \(words.first ?? "")"
        }
    }
}
