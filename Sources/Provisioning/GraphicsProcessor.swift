/// A GPU of this machine that models can run on.
public struct GraphicsProcessor: Sendable, Hashable, Codable {
    public var name: String
    /// In bytes.
    public var memory: Int64
    /// What of it nobody uses now, in bytes.
    public var free: Int64

    public init(name: String, memory: Int64, free: Int64) {
        self.name = name
        self.memory = memory
        self.free = free
    }
}

/// Where a model has room among the GPUs of a machine, by what is free there now.
public enum GraphicsPlacement: String, Sendable, Hashable, Codable {
    /// On one of them.
    case one
    /// On all of them together, its layers spread.
    case several
    case nowhere

    /// - Returns: nil for a machine without GPUs.
    public init?(bytes: Int64, on processors: [GraphicsProcessor]) {
        guard let largest = processors.map(\.free).max() else { return nil }
        if bytes <= largest {
            self = .one
        } else {
            let sum = processors.reduce(Int64(0)) { sum, next in
                let (total, overflow) = sum.addingReportingOverflow(next.free)
                return overflow ? .max : total
            }
            self = bytes <= sum ? .several : .nowhere
        }
    }
}
