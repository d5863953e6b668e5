public import ArtifactTypes
public import Logging
public import SystemPackage

/// Reads a secret from where a configuration says it is.
public struct SecretReader: Sendable {
    let environment: [String: String]
    let logger: Logger

    public init(environment: [String: String], logger: Logger) {
        self.environment = environment
        self.logger = logger
    }

    /// The secret at `source`, without the white space around it; nil where an environment variable is unset or empty.
    ///
    /// - Parameter folder: what a relative file is relative to; nil for the working directory.
    /// - Throws: where a file or command that was named gives no secret.
    public func read(_ source: SecretSource, relativeTo folder: FilePath? = nil) async throws(CredentialError)
        -> Secret?
    {
        switch source {
        case .environment(let name):
            guard let value = environment[name], !value.isEmpty else { return nil }
            return try secret(in: Array(value.utf8), from: source)
        case .file(let path):
            let file = try userFile(path, relativeTo: folder)
            return try secret(in: readPrivateFile(file, limit: Self.sizeLimit, logger: logger), from: source)
        case .command(let words):
            return try secret(in: await output(of: words, relativeTo: folder), from: source)
        }
    }

    /// Tokens are a few hundred bytes; a signed one may be some thousands.
    static let sizeLimit = 64 << 10

    /// - Throws: `empty`, and `malformed` where a header line could not carry it as it is.
    private func secret(in bytes: [UInt8], from source: SecretSource) throws(CredentialError) -> Secret {
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        let trimmed = bytes.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        guard !trimmed.isEmpty else { throw CredentialError(.empty, "\(source) holds no secret") }
        guard trimmed.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), let text = String(validating: trimmed, as: UTF8.self)
        else {
            throw CredentialError(
                .malformed, "\(source): a secret is one line of text; this has control characters in it")
        }
        return Secret(text)
    }

    /// `~` and `~/…` in the user's home, anything else relative to `folder`.
    func userFile(_ path: String, relativeTo folder: FilePath? = nil) throws(CredentialError) -> FilePath {
        guard path == "~" || path.hasPrefix("~/") else {
            let file = FilePath(path)
            return file.isAbsolute ? file : folder?.pushing(file) ?? file
        }
        guard let home = environment["HOME"], !home.isEmpty else {
            throw CredentialError(.missing, "file \(path): HOME is not set")
        }
        return FilePath(home).appending(FilePath(String(path.dropFirst(2))).components)
    }
}
