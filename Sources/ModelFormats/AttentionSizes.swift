/// The sizes of a model's attention layers, as far as its header or configuration tells them.
public struct AttentionSizes: Sendable, Hashable {
    public var layers: Int64?
    public var embedding: Int64?
    public var heads: Int64?
    /// Heads that keep keys and values; as many as `heads` where nothing is said.
    public var keyHeads: Int64?
    /// Elements of a head's key; the embedding's share of a head where nothing is said.
    public var keyLength: Int64?
    public var valueLength: Int64?

    public init(
        layers: Int64? = nil, embedding: Int64? = nil, heads: Int64? = nil, keyHeads: Int64? = nil,
        keyLength: Int64? = nil, valueLength: Int64? = nil
    ) {
        self.layers = layers
        self.embedding = embedding
        self.heads = heads
        self.keyHeads = keyHeads
        self.keyLength = keyLength
        self.valueLength = valueLength
    }

    /// What one token of context takes in the cache of keys and values, in bytes: in each layer and each head that keeps
    /// them, a key and a value in 16 bits an element. Models with windows or compressed caches take less.
    ///
    /// Nil where the sizes are not told, or make no sense.
    public var cacheBytesPerToken: Int64? {
        guard let layers, let keyHeads = keyHeads ?? heads else { return nil }
        var share: Int64?
        if let embedding, let heads, heads > 0 { share = embedding / heads }
        guard let key = keyLength ?? share, let value = valueLength ?? share else { return nil }
        // Larger than any model has, and small enough that the product cannot overflow.
        guard [layers, keyHeads, key, value].allSatisfy({ (1...65_536).contains($0) }) else { return nil }
        let (bytes, overflow) = (layers * keyHeads * 2).multipliedReportingOverflow(by: key + value)
        return overflow ? nil : bytes
    }
}
