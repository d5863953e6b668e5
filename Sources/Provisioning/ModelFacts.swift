/// What a model is and what it takes, known before it is fetched.
public struct ModelFacts: Sendable, Hashable, Codable {
    public var architecture: String?
    public var parameters: Int64?
    public var quantization: String?
    /// In tokens.
    public var contextLength: Int64?
    /// Of all files, in bytes; nil where a size is not known.
    public var size: Int64?
    /// Bytes of it that need not be fetched.
    public var present: Int64
    /// Of these the ones that will be copied from elsewhere on this machine.
    public var copied: Int64
    /// Of these the ones that an earlier run has fetched, of files that are not whole yet.
    public var begun: Int64
    /// For a short context and for the longest; empty where the header does not tell.
    public var memory: [MemoryEstimate] = []
    /// What this machine has, in bytes.
    public var machineMemory: Int64?
    /// What of GPUs this machine has.
    public var gpus: [GraphicsProcessor] = []

    public init(size: Int64?, present: PresentBytes, machineMemory: Int64?) {
        self.size = size
        self.present = present.total
        copied = present.elsewhere
        begun = present.begun
        self.machineMemory = machineMemory
    }
}

/// How much memory a model wants with a context: its weights, the cache of keys and values in 16 bits, and 512 MiB for
/// what a runtime computes with. An estimate: runtimes may compress the cache, or keep weights in a GPU's memory.
public struct MemoryEstimate: Sendable, Hashable, Codable {
    /// In tokens.
    public var context: Int64
    public var bytes: Int64
    /// Whether this machine has as much; nil where that is not known.
    public var fits: Bool?
    /// Whether its GPUs have as much free; nil where there are none.
    public var gpu: GraphicsPlacement?

    private static let workspace: Int64 = 512 << 20
    /// What runtimes take where nobody asks for more.
    public static let shortContext: Int64 = 4096

    /// - Parameters:
    ///   - weights: in bytes.
    ///   - perToken: what the cache takes a token, in bytes.
    ///   - machineMemory: in bytes; nil where it is not known.
    /// - Returns: nil where the sum is beyond 2^63.
    public init?(weights: Int64, perToken: Int64, context: Int64, machineMemory: Int64?, gpus: [GraphicsProcessor]) {
        let (cache, tooLong) = perToken.multipliedReportingOverflow(by: context)
        let (sum, tooLarge) = cache.addingReportingOverflow(weights)
        let (bytes, overflow) = sum.addingReportingOverflow(Self.workspace)
        guard context > 0, !tooLong, !tooLarge, !overflow else { return nil }
        self.context = context
        self.bytes = bytes
        fits = machineMemory.map { bytes <= $0 }
        gpu = GraphicsPlacement(bytes: bytes, on: gpus)
    }
}
