/// A request's number. The hive's are integers; a peer of its own may use texts, as JSON-RPC allows.
public enum MessageID: Sendable, Hashable, Codable {
    case number(Int64)
    case text(String)

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int64.self) {
            self = .number(number)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        }
    }
}

/// What a message says of itself, enough to know what it is before the rest of it is decoded.
public struct WireEnvelope: Sendable, Decodable {
    public enum Kind: Sendable, Hashable {
        case request(method: String, id: MessageID)
        case notification(method: String)
        case success(id: MessageID)
        /// `id` is nil where the peer could not tell what it answers.
        case failure(id: MessageID?)
    }

    public let kind: Kind

    private enum Key: String, CodingKey {
        case jsonrpc, id, method, result, error
    }

    /// - Throws: `DecodingError` for what is none of the four kinds of JSON-RPC 2.0.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        guard try container.decode(String.self, forKey: .jsonrpc) == "2.0" else {
            throw DecodingError.dataCorruptedError(
                forKey: .jsonrpc, in: container, debugDescription: "not JSON-RPC 2.0")
        }
        let id = try container.decodeIfPresent(MessageID.self, forKey: .id)
        switch (try container.decodeIfPresent(String.self, forKey: .method), id) {
        case (let method?, let id?):
            kind = .request(method: method, id: id)
        case (let method?, nil):
            kind = .notification(method: method)
        case (nil, let id) where container.contains(.error):
            kind = .failure(id: id)
        case (nil, let id?) where container.contains(.result):
            kind = .success(id: id)
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .id, in: container, debugDescription: "neither a request nor an answer")
        }
    }
}

public struct WireRequest<Parameters: Sendable>: Sendable {
    public var id: MessageID
    public var method: String
    public var params: Parameters

    public init(id: MessageID, method: PluginProtocol.Method, params: Parameters) {
        self.id = id
        self.method = method.rawValue
        self.params = params
    }
}

public struct WireNotification<Parameters: Sendable>: Sendable {
    public var method: String
    public var params: Parameters

    public init(method: PluginProtocol.Method, params: Parameters) {
        self.method = method.rawValue
        self.params = params
    }
}

public struct WireSuccess<Value: Sendable>: Sendable {
    public var id: MessageID
    public var result: Value

    public init(id: MessageID, result: Value) {
        self.id = id
        self.result = result
    }
}

public struct WireFailure: Sendable, Codable {
    public var id: MessageID?
    public var error: WireError

    private enum Key: String, CodingKey {
        case jsonrpc, id, error
    }

    public init(id: MessageID?, error: WireError) {
        self.id = id
        self.error = error
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        id = try container.decodeIfPresent(MessageID.self, forKey: .id)
        error = try container.decode(WireError.self, forKey: .error)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode("2.0", forKey: .jsonrpc)
        try container.encode(id, forKey: .id)
        try container.encode(error, forKey: .error)
    }
}

private enum CallKey: String, CodingKey {
    case jsonrpc, id, method, params, result
}

extension WireRequest: Encodable where Parameters: Encodable {
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CallKey.self)
        try container.encode("2.0", forKey: .jsonrpc)
        try container.encode(id, forKey: .id)
        try container.encode(method, forKey: .method)
        try container.encode(params, forKey: .params)
    }
}

extension WireRequest: Decodable where Parameters: Decodable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CallKey.self)
        id = try container.decode(MessageID.self, forKey: .id)
        method = try container.decode(String.self, forKey: .method)
        params = try container.decode(Parameters.self, forKey: .params)
    }
}

extension WireNotification: Encodable where Parameters: Encodable {
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CallKey.self)
        try container.encode("2.0", forKey: .jsonrpc)
        try container.encode(method, forKey: .method)
        try container.encode(params, forKey: .params)
    }
}

extension WireNotification: Decodable where Parameters: Decodable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CallKey.self)
        method = try container.decode(String.self, forKey: .method)
        params = try container.decode(Parameters.self, forKey: .params)
    }
}

extension WireSuccess: Encodable where Value: Encodable {
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CallKey.self)
        try container.encode("2.0", forKey: .jsonrpc)
        try container.encode(id, forKey: .id)
        try container.encode(result, forKey: .result)
    }
}

extension WireSuccess: Decodable where Value: Decodable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CallKey.self)
        id = try container.decode(MessageID.self, forKey: .id)
        result = try container.decode(Value.self, forKey: .result)
    }
}
