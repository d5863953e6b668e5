public import SystemPackage

/// Where a repository is: `https://`, `http://`, `ssh://`, `file://`, `user@host:path` or an absolute path.
///
/// It prints without its user; `user@host:path`, whose path is relative to that user's home, as `host:path`. It holds no password, query, fragment, control character or space, and no host or path
/// that a program could take for an option.
public struct GitURL: Sendable, Hashable, CustomStringConvertible {
    public enum Scheme: String, Sendable, CaseIterable {
        case https, http, ssh, file
    }

    public let scheme: Scheme
    public let user: String?
    /// Host and port; empty for a file.
    public let authority: String
    /// Begins with a slash.
    public let path: String
    /// The path is relative to a home folder on the host: it was written as `user@host:path`.
    let isShort: Bool

    /// - Throws: `.unsupported` for another scheme, `.invalid` for any other fault.
    public init(_ text: String) throws(GitError) {
        let bad = text.unicodeScalars.contains {
            $0.value <= 32 || $0.value == 127 || "?#\\".unicodeScalars.contains($0)
        }
        if bad || text.isEmpty || text.hasPrefix("-") {
            throw GitError(.invalid, "not the URL of a git repository: \(Self.printable(text))")
        }
        if text.hasPrefix("/") {
            self.init(scheme: .file, user: nil, authority: "", path: text, isShort: false)
        } else if let mark = text.firstRange(of: "://") {
            try self.init(scheme: String(text[..<mark.lowerBound]), rest: text[mark.upperBound...], text: text)
        } else if let colon = Self.shortFormColon(text), !text[..<colon].contains("/") {
            let path = text[text.index(after: colon)...]
            if path.hasPrefix(":") {
                // `ext::command` and its like run programs (gitremote-helpers(7)).
                throw GitError(.unsupported, "git does not fetch by helper programs: \(Self.printable(text))")
            }
            let isShort = !path.hasPrefix("/")
            let rest = text[..<colon] + (isShort ? "/" : "") + path
            try self.init(scheme: "ssh", rest: rest[...], text: text, isShort: isShort)
        } else {
            throw GitError(.invalid, "not the URL of a git repository: \(Self.printable(text))")
        }
    }

    /// Where in `git@host:path` the path begins: behind the first colon that is none of an IPv6 address.
    private static func shortFormColon(_ text: String) -> String.Index? {
        guard let bracket = text.firstIndex(of: "["), let end = text[bracket...].firstIndex(of: "]"),
            !text[..<bracket].contains(":")
        else { return text.firstIndex(of: ":") }
        return text[end...].firstIndex(of: ":")
    }

    private init(scheme: String, rest: Substring, text: String, isShort: Bool = false) throws(GitError) {
        guard let known = Scheme(rawValue: scheme.lowercased()) else {
            throw GitError(.unsupported, "git does not fetch from \"\(scheme)\" URLs", remedy: "use https, ssh or file")
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var authority = rest[..<slash]
        var user: String?
        if let at = authority.lastIndex(of: "@") {
            user = String(authority[..<at])
            authority = authority[authority.index(after: at)...]
        }
        let path = String(rest[slash...])
        let isLocal = authority.isEmpty || authority == "localhost"
        if path.count < 2 || (known == .file) != isLocal && (known == .file || authority.isEmpty) {
            throw GitError(.invalid, "not the URL of a git repository: \(Self.printable(text))")
        }
        if user?.contains(":") == true {
            throw GitError(
                .untrusted, "the URL of \(authority)\(path) carries a password",
                remedy: "name a token in vendors.d or use ~/.netrc")
        }
        if authority.hasPrefix("-") || user?.hasPrefix("-") == true {
            throw GitError(.unsafeContent, "a git URL that looks like an option: \(Self.printable(text))")
        }
        self.init(
            scheme: known, user: user, authority: known == .file ? "" : authority.lowercased(), path: path,
            isShort: isShort)
        if known == .ssh, let fault = sshFault {
            throw GitError(.unsafeContent, "a git URL that \(fault): \(Self.printable(text))")
        }
    }

    private init(scheme: Scheme, user: String?, authority: String, path: String, isShort: Bool) {
        self.scheme = scheme
        self.user = user
        self.authority = authority
        self.path = path
        self.isShort = isShort
    }

    public var description: String {
        isShort ? "\(authority):\(path.dropFirst())" : "\(scheme.rawValue)://\(authority)\(path)"
    }

    /// As it was written, its user included.
    var written: String {
        let login = user.map { "\($0)@" } ?? ""
        return isShort ? "\(login)\(self)" : "\(scheme.rawValue)://\(login)\(authority)\(path)"
    }

    /// Scheme, host and port, as `https://git.example`.
    public var origin: String { "\(scheme.rawValue)://\(authority)" }

    /// Where a `file` repository lies.
    public var filePath: FilePath { FilePath(Self.percentDecoded(path)) }

    /// A submodule's URL as its superproject at this URL means it: `./x` and `../x` are relative to this repository.
    /// - Throws: as `init`, and where `../` climbs above the host.
    public func resolving(_ text: String) throws(GitError) -> GitURL {
        guard text.hasPrefix("./") || text.hasPrefix("../") else { return try GitURL(text) }
        var folders = path.split(separator: "/")
        var rest = Substring(text)
        while true {
            if rest.hasPrefix("./") {
                rest = rest.dropFirst(2)
            } else if rest.hasPrefix("../") {
                if folders.isEmpty { throw GitError(.unsafeContent, "submodule URL \(text) climbs above \(origin)") }
                folders.removeLast()
                rest = rest.dropFirst(3)
            } else {
                break
            }
        }
        let joined = folders.map { "/\($0)" }.joined() + "/\(rest)"
        return try GitURL(
            scheme: scheme.rawValue, rest: "\(user.map { "\($0)@" } ?? "")\(authority)\(joined)"[...], text: text,
            isShort: isShort)
    }

    /// `text` without what stands before an `@` in its host, fit for a message.
    static func printable(_ text: String) -> String {
        guard let mark = text.firstRange(of: "://") else { return text.debugDescription }
        let rest = text[mark.upperBound...]
        let host = rest.prefix { $0 != "/" }
        guard let at = host.lastIndex(of: "@") else { return text.debugDescription }
        return (text[..<mark.upperBound] + rest[rest.index(after: at)...]).debugDescription
    }

    static func percentDecoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16), value != 0 {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
