/// Why a text is not a reference, and which part of it is at fault.
public struct ReferenceError: Error, Sendable, Hashable, CustomStringConvertible {
    public let text: String
    public let reason: String
    /// The offending part, in characters from the start of `text`.
    public let range: Range<Int>

    public init(text: String, reason: String, range: Range<Int>) {
        self.text = text
        self.reason = reason
        self.range = range
    }

    public var description: String {
        "malformed reference \"\(URLSecrets.removed(from: text).visiblyEscaped)\": \(reason)"
    }
}

extension ArtifactReference {
    /// Schemes that are parsed as URLs; any other `name://` is a vendor's short form. `git+…` is one as well.
    static let urlSchemes: Set<String> = ["http", "https", "oci", "file"]

    /// - Throws: `ReferenceError` for an empty part, a control character, `..`, a leading `-`, a malformed prefix.
    public init(parsing text: String) throws(ReferenceError) {
        let cursor = ReferenceText(text)
        try cursor.checkWhole()
        if let scheme = cursor.urlScheme {
            self = try cursor.url(scheme: scheme)
        } else {
            self = try cursor.shortForm()
        }
    }
}

/// The text of a reference, and the steps by which it is taken apart.
private struct ReferenceText {
    let text: String
    let characters: [Character]

    init(_ text: String) {
        self.text = text
        characters = Array(text)
    }

    func fail(_ reason: String, at range: Range<Int>? = nil) -> ReferenceError {
        ReferenceError(text: text, reason: reason, range: range ?? 0..<characters.count)
    }

    func checkWhole() throws(ReferenceError) {
        if characters.isEmpty { throw fail("it is empty") }
        if text.utf8.count > 2048 { throw fail("it is longer than 2,048 bytes") }
        if characters[0] == "-" { throw fail("it begins with \"-\"", at: 0..<1) }
        for (index, character) in characters.enumerated() {
            if character.unicodeScalars.contains(where: \.isControlOrInvisible) {
                throw fail("it has a control or invisible character", at: index..<index + 1)
            }
            if character == " " { throw fail("it has a space", at: index..<index + 1) }
        }
    }

    var urlScheme: String? {
        guard let colon = characters.firstIndex(of: ":") else { return nil }
        let scheme = String(characters[..<colon]).lowercased()
        if scheme == "file" { return scheme }
        guard characters[(colon + 1)...].starts(with: "//") else { return nil }
        return ArtifactReference.urlSchemes.contains(scheme) || scheme.hasPrefix("git+") ? scheme : nil
    }

    func url(scheme: String) throws(ReferenceError) -> ArtifactReference {
        let hash = characters.firstIndex(of: "#") ?? characters.count
        let afterScheme = scheme.count + 1
        if scheme != "file" {
            let rest = characters[(afterScheme + 2)..<hash]
            let host = rest.prefix { $0 != "/" }
            if host.isEmpty, scheme != "git+file" { throw fail("the URL names no host", at: 0..<hash) }
            if host.first == "-" { throw fail("a host cannot begin with \"-\"", at: afterScheme + 2..<afterScheme + 3) }
            if host.contains("@"), host.contains(":"), let at = rest.firstIndex(of: "@"), rest[..<at].contains(":") {
                throw fail(
                    "a URL cannot carry a password; name a token in vendors.d or use ~/.netrc", at: afterScheme + 2..<at
                )
            }
        }
        if afterScheme >= hash { throw fail("nothing follows \"\(scheme):\"", at: 0..<hash) }
        try checkComponents(afterScheme..<hash, allowEmpty: true)
        var fragment: [ArtifactReference.FragmentItem] = []
        if hash < characters.count {
            for item in characters[(hash + 1)...].split(separator: "&", omittingEmptySubsequences: false) {
                let equals = item.firstIndex(of: "=") ?? item.endIndex
                let range = item.startIndex..<item.endIndex
                guard equals > item.startIndex, equals < item.endIndex - 1 else {
                    throw fail("the fragment wants key=value", at: range.isEmpty ? hash..<hash + 1 : range)
                }
                if item[equals + 1] == "-" {
                    throw fail("a value cannot begin with \"-\"", at: equals + 1..<equals + 2)
                }
                fragment.append(.init(key: String(item[..<equals]), value: String(item[(equals + 1)...])))
            }
        }
        var url = scheme + String(characters[scheme.count..<hash])
        // file:///path is file:/path (RFC 8089, appendix B), and ids have one spelling.
        if url.hasPrefix("file:///") { url = "file:" + url.dropFirst("file://".count) }
        // ssh's own configuration may know a host by an alias with capitals.
        if scheme != "file", scheme != "git+ssh" { url = ArtifactReference.normalizingAuthority(of: url) }
        return ArtifactReference(url: url, scheme: scheme, fragment: fragment)
    }

    func shortForm() throws(ReferenceError) -> ArtifactReference {
        var start = 0
        var vendor: String?
        if let colon = characters.firstIndex(of: ":"), isVendorName(characters[..<colon]) {
            vendor = String(characters[..<colon])
            start = colon + 1
            if characters[start...].starts(with: "//") { start += 2 }
        }
        var end = characters.count
        var selector: String?
        if let colon = characters[start...].lastIndex(of: ":") {
            selector = try part("selector", colon + 1..<end)
            end = colon
        }
        var revision: String?
        if let at = characters[start..<end].lastIndex(of: "@") {
            revision = try part("revision", at + 1..<end)
            end = at
        }
        let locator = try part("locator", start..<end)
        return ArtifactReference(vendor: vendor, locator: locator, revision: revision, selector: selector)
    }

    private func isVendorName(_ prefix: ArraySlice<Character>) -> Bool {
        guard let first = prefix.first, first.isASCII, first.isLetter else { return false }
        return prefix.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }

    private func part(_ name: String, _ range: Range<Int>) throws(ReferenceError) -> String {
        if range.isEmpty { throw fail("its \(name) is empty", at: max(0, range.lowerBound - 1)..<range.upperBound) }
        if characters[range.lowerBound] == "-" {
            throw fail("its \(name) begins with \"-\"", at: range.lowerBound..<range.lowerBound + 1)
        }
        if let odd = range.first(where: { "#\\".contains(characters[$0]) }) {
            throw fail("its \(name) has a \"\(characters[odd])\"", at: odd..<odd + 1)
        }
        try checkComponents(range, allowEmpty: false)
        return String(characters[range])
    }

    private func checkComponents(_ range: Range<Int>, allowEmpty: Bool) throws(ReferenceError) {
        for component in characters[range].split(separator: "/", omittingEmptySubsequences: false) {
            let place = component.startIndex..<component.endIndex
            if component.elementsEqual("..") { throw fail("it climbs with \"..\"", at: place) }
            if component.elementsEqual("."), !allowEmpty { throw fail("it has a \".\" component", at: place) }
            if component.isEmpty, !allowEmpty {
                throw fail(
                    "it has an empty part",
                    at: max(0, place.lowerBound - 1)..<min(characters.count, place.lowerBound + 1))
            }
        }
    }
}
