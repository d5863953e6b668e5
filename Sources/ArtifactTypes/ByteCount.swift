/// A number of bytes that prints as people read it: `4.1 GB`, in powers of 1,000 as disks and networks are sold.
public struct ByteCount: Sendable, Hashable, CustomStringConvertible {
    public let bytes: Int64

    public init(_ bytes: Int64) {
        self.bytes = bytes
    }

    public var description: String {
        let units = ["B", "kB", "MB", "GB", "TB", "PB"]
        var value = Double(bytes)
        var unit = 0
        while abs(value) >= 999.95, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        guard unit > 0 else { return "\(bytes) B" }
        let tenths = Int64((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10)) \(units[unit])"
    }
}
