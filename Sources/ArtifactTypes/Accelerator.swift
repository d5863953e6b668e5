/// What a worker computes on; also the variant of a worker build.
public enum Accelerator: String, Codable, Sendable, CaseIterable, CustomStringConvertible {
    case cpu
    case cuda
    case metal
    case rocm

    public var description: String { rawValue }
}
