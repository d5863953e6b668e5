public import ArtifactTypes

/// A netrc file: logins by host, as curl, git and ftp read them.
///
/// `machine HOST` and `default` begin an entry; `login`, `password` and `account` follow in any order; `macdef` runs to
/// the next empty line and is passed over; `#` at the beginning of a word begins a comment; a token may stand in double
/// quotes, with `\"`, `\\`, `\n`, `\r` and `\t` in it.
public struct Netrc: Sendable {
    public struct Login: Sendable, Hashable {
        /// Nil where the file names none.
        public var user: String?
        public var password: Secret

        public init(user: String?, password: Secret) {
            self.user = user
            self.password = password
        }
    }

    /// Nil for `default`.
    struct Entry: Sendable {
        var host: String?
        var user: String?
        var password: Secret?
    }

    private let entries: [Entry]

    init(entries: [Entry]) {
        self.entries = entries
    }

    /// The first login for `host` (compared without case) that has a password, else that of `default`.
    ///
    /// - Parameter user: only that user's; nil for any.
    public func login(for host: String, user: String? = nil) -> Login? {
        let host = host.lowercased()
        let candidates = entries.filter { $0.host == host } + entries.filter { $0.host == nil }
        for entry in candidates where user == nil || entry.user == nil || entry.user == user {
            if let password = entry.password { return Login(user: entry.user, password: password) }
        }
        return nil
    }
}
