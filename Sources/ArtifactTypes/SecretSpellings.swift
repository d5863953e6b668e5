/// How a secret may stand in a text: as it is, with bytes escaped as URLs and JSON have it, or in base64.
struct SecretSpellings {
    /// The bytes that give the secret away.
    private let needles: [[UInt8]]
    /// By byte: whether a spelling may begin with it.
    private let begins: [Bool]

    init(of secret: String) {
        let bytes = Array(secret.utf8)
        let alphabets = ["+/", "-_"].map { Array((Self.digits + $0).utf8) }
        // Whatever stands before it, it begins at one of three places of a group of three bytes.
        let encoded = alphabets.flatMap { alphabet in
            [0, 4, 2].map { Self.base64(of: bytes, skippedBits: $0, alphabet) }
        }
        needles = [bytes] + Set(encoded)
        var begins = [Bool](repeating: false, count: 256)
        for byte in needles.compactMap(\.first) + "%\\".utf8 { begins[Int(byte)] = true }
        self.begins = begins
    }

    /// `text` with `mark` in the place of each spelling.
    func replaced(in text: [UInt8], by mark: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if begins[Int(text[index])], let end = end(in: text, from: index) {
                result += mark
                index = end
            } else {
                result.append(text[index])
                index += 1
            }
        }
        return result
    }

    /// Where the spelling ends that begins at `start`; nil where none does.
    private func end(in text: [UInt8], from start: Int) -> Int? {
        for needle in needles {
            if text[start...].starts(with: needle) { return start + needle.count }
            if let end = Self.end(of: needle, escapedIn: text, from: start) { return end }
        }
        return nil
    }

    /// Where `needle` ends with any of its bytes as `%2F` (RFC 3986) or `\/` (RFC 8259).
    private static func end(of needle: [UInt8], escapedIn text: [UInt8], from start: Int) -> Int? {
        var index = start
        for byte in needle {
            guard index < text.count else { return nil }
            if text[index] == UInt8(ascii: "%"), index + 2 < text.count,
                UInt8(String(decoding: text[index + 1...index + 2], as: UTF8.self), radix: 16) == byte
            {
                index += 3
            } else if text[index] == UInt8(ascii: "\\"), index + 1 < text.count, text[index + 1] == byte {
                index += 2
            } else if text[index] == byte {
                index += 1
            } else {
                return nil
            }
        }
        return index
    }

    // MARK: Base64

    private static let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

    /// The digits (RFC 4648) that stand for `bytes` alone, whatever stands before and after them.
    ///
    /// - Parameter skippedBits: how many of the first byte belong to a digit that begins before it.
    private static func base64(of bytes: [UInt8], skippedBits: Int, _ alphabet: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var bits: UInt32 = 0
        var count = -skippedBits
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                result.append(alphabet[Int(bits >> UInt32(count) & 63)])
            }
        }
        return result
    }
}
