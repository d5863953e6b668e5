public import ArtifactTypes
public import Provisioning

/// `initialize`: who the hive is, and what the vendor's file says.
public struct InitializeParameters: Sendable, Codable {
    public var `protocol`: Int
    /// The hive's version.
    public var hive: String
    public var configuration: Configuration
    /// The secrets that the vendor's file names. They are handed over here and nowhere else.
    public var secrets: [String: WireSecret]

    public struct Configuration: Sendable, Hashable, Codable {
        public var name: String
        public var provides: [String]
        /// The options of the vendor's module, where the vendor is a module made an executable.
        public var options: [String: JSONValue]

        public init(name: String, provides: [String], options: [String: JSONValue] = [:]) {
            self.name = name
            self.provides = provides
            self.options = options
        }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            name = try container.decode(String.self, forKey: .name)
            provides = try container.decodeIfPresent([String].self, forKey: .provides) ?? []
            options = try container.decodeIfPresent([String: JSONValue].self, forKey: .options) ?? [:]
        }
    }

    public init(
        protocol version: Int = PluginProtocol.version, hive: String, configuration: Configuration,
        secrets: [String: Secret] = [:]
    ) {
        self.protocol = version
        self.hive = hive
        self.configuration = configuration
        self.secrets = secrets.mapValues { WireSecret($0) }
    }
}

/// A secret on its way into a vendor's standard input, the only place where one is encoded.
public struct WireSecret: Sendable, Hashable, Codable {
    public let secret: Secret

    public init(_ secret: Secret) {
        self.secret = secret
    }

    public init(from decoder: any Decoder) throws {
        secret = Secret(try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(secret.reveal())
    }
}

public struct InitializeResult: Sendable, Codable {
    public var `protocol`: Int
    public var name: String
    public var version: String?
    public var provides: [String]?
    /// For information: what decides is the vendor's file, so that no plug-in is started to decide.
    public var forms: [String]?
    /// Whether the vendor has the method `fetch`: then its files need no URLs.
    public var fetch: Bool?
    /// Whether `fetch` goes on from what an earlier one that was cut off has left.
    public var resumes: Bool?

    public init(
        protocol version: Int = PluginProtocol.version, name: String, version vendorVersion: String? = nil,
        provides: [String]? = nil, forms: [String]? = nil, fetch: Bool? = nil, resumes: Bool? = nil
    ) {
        self.protocol = version
        self.name = name
        self.version = vendorVersion
        self.provides = provides
        self.forms = forms
        self.fetch = fetch
        self.resumes = resumes
    }
}

/// `resolve`. The answer is a `Resolution`.
public struct ResolveParameters: Sendable, Codable {
    public var reference: String
    public var platform: HostPlatform
    public var offline: Bool
    public var kind: ArtifactKind?

    public init(reference: String, platform: HostPlatform, offline: Bool, kind: ArtifactKind?) {
        self.reference = reference
        self.platform = platform
        self.offline = offline
        self.kind = kind
    }
}

/// `fetch`: which files of a resolution are wanted, and the folder to put them into. The answer says nothing.
public struct FetchParameters: Sendable, Codable {
    public var resolution: Resolution
    /// An absolute path.
    public var directory: String
    /// Whether the folder holds what an earlier fetch of the same files has left.
    public var resume: Bool?

    public init(resolution: Resolution, directory: String, resume: Bool? = nil) {
        self.resolution = resolution
        self.directory = directory
        self.resume = resume
    }
}

/// `shutdown` has no parameters and no result.
public struct Nothing: Sendable, Hashable, Codable {
    public init() {}
    public init(from decoder: any Decoder) throws {}
    public func encode(to encoder: any Encoder) throws { _ = encoder.container(keyedBy: NoKey.self) }

    private enum NoKey: CodingKey {}
}

/// `$/cancel`: the request that is no longer wanted.
public struct CancelParameters: Sendable, Hashable, Codable {
    public var id: MessageID

    public init(id: MessageID) {
        self.id = id
    }
}

/// `progress`: a line for whoever waits.
public struct ProgressParameters: Sendable, Hashable, Codable {
    public var message: String

    public init(message: String) {
        self.message = message
    }
}

/// `log`: a line for the log; `level` is one of swift-log's names, `info` where absent.
public struct LogParameters: Sendable, Hashable, Codable {
    public var level: String?
    public var message: String

    public init(level: String? = nil, message: String) {
        self.level = level
        self.message = message
    }
}
