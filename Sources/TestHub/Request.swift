/// The head of a request, as it came in.
struct Request {
    let method: String
    let target: String
    let isHTTP11: Bool
    /// Names in lower case; values of a header sent twice joined by ", ".
    let headers: [String: String]

    var path: String { String(target.prefix { $0 != "?" }) }
    var query: String { String(target.drop { $0 != "?" }.dropFirst()) }

    /// The path's components, percent-decoded after the split.
    var components: [String] { path.split(separator: "/").map { percentDecoded($0) } }

    func queryValue(_ name: String) -> String? {
        for item in query.split(separator: "&") {
            let pair = item.split(separator: "=", maxSplits: 1)
            if pair.first.map(String.init) == name { return pair.count > 1 ? percentDecoded(pair[1]) : "" }
        }
        return nil
    }

    var wantsClose: Bool { !isHTTP11 || headers["connection"]?.lowercased() == "close" }

    /// Nil where the text is no request head.
    init?(head: [UInt8]) {
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: true)
        guard let words = lines.first?.split(separator: " "), words.count == 3, words[2].hasPrefix("HTTP/1.") else {
            return nil
        }
        method = String(words[0])
        target = String(words[1])
        isHTTP11 = words[2] == "HTTP/1.1"
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let name = line[..<colon].lowercased()
            let value = trimmed(line[line.index(after: colon)...])
            headers[name] = headers[name].map { "\($0), \(value)" } ?? value
        }
        self.headers = headers
    }
}

private func trimmed(_ text: Substring) -> String {
    let front = text.drop { $0 == " " || $0 == "\t" }
    return String(front[..<(front.lastIndex { $0 != " " && $0 != "\t" }.map(front.index(after:)) ?? front.startIndex)])
}

func percentDecoded(_ text: some StringProtocol) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%"), rest.count >= 2,
            let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
        {
            bytes.append(value)
            rest = rest.dropFirst(2)
        } else {
            bytes.append(byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

func percentEncoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: "/"):
            result.unicodeScalars.append(Unicode.Scalar(byte))
        default:
            let hex = String(byte, radix: 16, uppercase: true)
            result += "%" + (hex.utf8.count == 1 ? "0" : "") + hex
        }
    }
    return result
}
