public import ArtifactTypes

/// A repository on a server, and how it is reached.
public struct GitRemote: Sendable, Hashable {
    public var url: GitURL
    /// Goes to the origin of `url` alone.
    public var credential: GitCredential?
    /// The credential may go over plain http to other than loopback.
    public var allowInsecure: Bool
    /// A file of trusted certificates instead of the system's.
    public var caFile: String?
    /// Origins that the user typed or configured, which may be private; what they lead to may be only if one of them is.
    public var configuredOrigins: [String]
    /// How long a server may go without progress.
    public var timeout: Duration
    /// A private key for ssh, offered instead of the agent's; nil for those that ssh finds.
    public var sshKey: String?
    /// The proxy where the engine's settings name none.
    public var proxy: String?
    /// There is another source of the same: a host that cannot be reached is not tried again.
    public var hasAlternative: Bool

    public init(
        url: GitURL, credential: GitCredential? = nil, allowInsecure: Bool = false, caFile: String? = nil,
        configuredOrigins: [String] = [], timeout: Duration = .seconds(30), sshKey: String? = nil,
        proxy: String? = nil,
        hasAlternative: Bool = false
    ) {
        self.url = url
        self.credential = credential
        self.allowInsecure = allowInsecure
        self.caFile = caFile
        self.configuredOrigins = configuredOrigins
        self.timeout = timeout
        self.sshKey = sshKey
        self.proxy = proxy
        self.hasAlternative = hasAlternative
    }
}

/// A user's name and token, sent as basic authentication (RFC 7617).
public struct GitCredential: Sendable, Hashable {
    public var username: String
    public var token: Secret

    public init(username: String, token: Secret) {
        self.username = username
        self.token = token
    }
}

/// How far a fetch has come.
public struct GitFetchProgress: Sendable, Hashable {
    public var objects: Int
    public var totalObjects: Int
    /// Of the pack, as received.
    public var bytes: Int64
}
