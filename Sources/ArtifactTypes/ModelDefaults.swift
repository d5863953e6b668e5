/// How a model's publisher says that it is to be run, beside what its own header says.
public struct ModelDefaults: Sendable, Hashable, Codable {
    /// What a conversation is put into, in the publisher's own template language (Ollama's is Go's, others have Jinja).
    public var template: String?
    /// The system message.
    public var system: String?
    /// As `temperature`, `num_ctx` or `stop`.
    public var parameters: [String: JSONValue]

    public init(template: String? = nil, system: String? = nil, parameters: [String: JSONValue] = [:]) {
        self.template = template
        self.system = system
        self.parameters = parameters
    }

    public var isEmpty: Bool { template == nil && system == nil && parameters.isEmpty }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        template = try container.decodeIfPresent(String.self, forKey: .template)
        system = try container.decodeIfPresent(String.self, forKey: .system)
        parameters = try container.decodeIfPresent([String: JSONValue].self, forKey: .parameters) ?? [:]
    }
}
