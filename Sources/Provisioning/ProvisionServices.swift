public import ArtifactTypes
public import Logging
public import SystemPackage

/// All of the world that a vendor may touch, made once in the program and handed to each module.
public struct ProvisionServices: Sendable {
    public var http: HTTPService
    /// Reads a secret from where a configuration says it is; nil where an environment variable is not set.
    public var secret: @Sendable (SecretSource) async throws(ProvisionError) -> Secret?
    public var keptSources: KeptSources
    public var mirrors: MirrorHealth
    /// Every accelerator, the one that is to be preferred here first. It looks at the machine anew.
    public var accelerators: @Sendable () async -> [AcceleratorFitness]
    public var environment: [String: String]
    public var logger: Logger

    public init(
        http: HTTPService, secret: @escaping @Sendable (SecretSource) async throws(ProvisionError) -> Secret?,
        keptSources: KeptSources, mirrors: MirrorHealth = .none,
        accelerators: @escaping @Sendable () async -> [AcceleratorFitness] = { [AcceleratorFitness(.cpu)] },
        environment: [String: String], logger: Logger
    ) {
        self.http = http
        self.secret = secret
        self.keptSources = keptSources
        self.mirrors = mirrors
        self.accelerators = accelerators
        self.environment = environment
        self.logger = logger
    }
}

/// Folders that outlive a job, one a source (a git mirror), each used by one job at a time.
public struct KeptSources: Sendable {
    /// Runs `body` with the folder of `key`, holding its lock; the folder exists and may be empty.
    public var with: @Sendable (_ key: String, _ body: @Sendable (FilePath) async throws -> Void) async throws -> Void

    public init(
        with:
            @escaping @Sendable (_ key: String, _ body: @Sendable (FilePath) async throws -> Void) async throws -> Void
    ) {
        self.with = with
    }
}

/// Small requests, as many as a vendor needs to resolve: bounded, redirected under the network rules, retried.
public struct HTTPService: Sendable {
    /// Sends a request and returns any final answer, whatever its status. Throws where there is none.
    public var send: @Sendable (HTTPRequest) async throws(ProvisionError) -> HTTPResponse

    public init(send: @escaping @Sendable (HTTPRequest) async throws(ProvisionError) -> HTTPResponse) {
        self.send = send
    }
}

public struct HTTPRequest: Sendable {
    public var method: String
    public var url: String
    public var headers: [String: String]
    /// Sent to the origin of `url` alone: a redirect to another origin loses them.
    public var secretHeaders: [String: Secret]
    public var body: [UInt8]?
    public var access: NetworkAccess
    /// The longest body that is read, in bytes.
    public var maximumBytes: Int
    /// A host that cannot be reached, does not answer, or asks to be left alone for a while is not tried again, for there
    /// is another to ask.
    public var hasAlternative: Bool

    public init(
        method: String = "GET", url: String, headers: [String: String] = [:], secretHeaders: [String: Secret] = [:],
        body: [UInt8]? = nil, access: NetworkAccess = NetworkAccess(), maximumBytes: Int = 32 << 20,
        hasAlternative: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.secretHeaders = secretHeaders
        self.body = body
        self.access = access
        self.maximumBytes = maximumBytes
        self.hasAlternative = hasAlternative
    }
}

public struct HTTPResponse: Sendable {
    public var status: Int
    /// Names in lower case.
    public var headers: [String: String]
    public var body: [UInt8]
    /// Where the last redirect led.
    public var url: String

    public init(status: Int, headers: [String: String], body: [UInt8], url: String) {
        self.status = status
        self.headers = headers
        self.body = body
        self.url = url
    }
}

/// What a vendor's configuration says about how its hosts are reached.
public struct NetworkAccess: Sendable, Hashable {
    /// Origins that the user typed or configured (`https://hub.corp.example`, `http://127.0.0.1:8080`). They may be
    /// private or plain http; what they or a plug-in point to may be private only if one of them is.
    public var configuredOrigins: [String]
    /// A secret may go over plain http to other than loopback.
    public var allowInsecure: Bool
    /// A file of trusted certificates instead of the system's.
    public var caFile: String?
    /// The same of single servers that have their own, by origin.
    public var caFiles: [String: String]
    /// Seconds without progress before a request counts as stalled.
    public var stallTimeout: Int

    public init(
        configuredOrigins: [String] = [], allowInsecure: Bool = false, caFile: String? = nil,
        caFiles: [String: String] = [:], stallTimeout: Int = 30
    ) {
        self.configuredOrigins = configuredOrigins
        self.allowInsecure = allowInsecure
        self.caFile = caFile
        self.caFiles = caFiles
        self.stallTimeout = stallTimeout
    }
}
