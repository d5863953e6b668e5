/// Writes tar headers as they are asked for, however wrong.
struct TarBuilder {
    private(set) var bytes: [UInt8] = []

    static func archive(_ build: (inout TarBuilder) -> Void) -> [UInt8] {
        var builder = TarBuilder()
        build(&builder)
        return builder.bytes + [UInt8](repeating: 0, count: 1024)
    }

    mutating func file(_ name: String, _ content: String = "content", mode: Int = 0o644) {
        entry(Array(name.utf8), mode: mode, data: Array(content.utf8))
    }

    mutating func folder(_ name: String, mode: Int = 0o755) {
        entry(Array((name + "/").utf8), type: "5", mode: mode)
    }

    mutating func symbolicLink(_ name: String, to target: String) {
        entry(Array(name.utf8), type: "2", mode: 0o777, link: target)
    }

    mutating func hardLink(_ name: String, to target: String) {
        entry(Array(name.utf8), type: "1", link: target)
    }

    /// A pax header for the entry that follows.
    mutating func pax(_ records: [(String, String)]) {
        var data: [UInt8] = []
        for (key, value) in records {
            let tail = " \(key)=\(value)\n"
            var length = tail.utf8.count
            while String(length).utf8.count + tail.utf8.count != length {
                length = String(length).utf8.count + tail.utf8.count
            }
            data += Array("\(length)\(tail)".utf8)
        }
        entry(Array("PaxHeader".utf8), type: "x", data: data)
    }

    /// `size` stands in the header in place of the data's.
    mutating func entry(
        _ name: [UInt8], type: Character = "0", mode: Int = 0o644, link: String = "", data: [UInt8] = [],
        size: Int64? = nil
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: [UInt8], at offset: Int) { header.replaceSubrange(offset..<offset + text.count, with: text) }
        func octal(_ value: Int64, _ digits: Int) -> [UInt8] {
            let text = String(value, radix: 8)
            return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
        }
        put(Array(name.prefix(100)), at: 0)
        put(octal(Int64(mode), 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        let size = size ?? Int64(data.count)
        if size < 1 << 33 {
            put(octal(size, 11), at: 124)
        } else {
            // GNU's base 256, for what octal digits cannot hold.
            put([0x80, 0, 0, 0] + withUnsafeBytes(of: size.bigEndian, Array.init), at: 124)
        }
        put(octal(1_600_000_000, 11), at: 136)
        put(Array(String(type).utf8), at: 156)
        put(Array(link.utf8.prefix(100)), at: 157)
        put(Array("ustar\u{0}00".utf8), at: 257)
        put(Array("        ".utf8), at: 148)
        put(octal(header.reduce(0) { $0 + Int64($1) }, 6) + [0], at: 148)
        bytes += header + data + [UInt8](repeating: 0, count: (512 - data.count % 512) % 512)
    }
}
