/// Reads `.gitmodules` (gitmodules(5)), a file in git's configuration format, for the two keys that matter here.
enum SubmoduleList {
    /// URLs by path, as they stand there; what is malformed is left out.
    static func urls(in text: String) -> [String: String] {
        var result: [String: String] = [:]
        var path: String?
        var url: String?
        func finish() {
            if let path, let url { result[path] = url }
            (path, url) = (nil, nil)
        }
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.trimmed
            if line.hasPrefix("[") {
                finish()
            } else if let equals = line.firstIndex(of: "=") {
                let value = unquoted(line[line.index(after: equals)...].trimmed)
                switch line[..<equals].trimmed.lowercased() {
                case "path": path = value
                case "url": url = value
                default: break
                }
            }
        }
        finish()
        return result
    }

    private static func unquoted(_ text: Substring) -> String {
        guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return String(text) }
        return String(text.dropFirst().dropLast())
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        let start = drop { $0 == " " || $0 == "\t" }
        guard let end = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return start[...end]
    }
}
