public import Provisioning

/// A download that has not begun.
public struct PlannedModel: Sendable, Encodable {
    public let resolution: Resolution
    public let facts: ModelFacts

    private enum CodingKeys: String, CodingKey {
        case facts
    }

    /// A `Resolution`, with the facts as one member more.
    public func encode(to encoder: any Encoder) throws {
        try resolution.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(facts, forKey: .facts)
    }
}
