import ArtifactTypes

/// Git over http and https (gitprotocol-http(5)).
struct HTTPCarrier: GitCarrier {
    /// 64 MiB of refs, which a server of version 0 tells unasked.
    private static let longestAdvertisement = 64 << 20
    private static let service = "git-upload-pack"

    let http: GitHTTP
    let remote: GitRemote
    /// Where requests go: the remote's URL, or where the first request was redirected to.
    private let base: String

    init(http: GitHTTP, remote: GitRemote) throws(GitError) {
        let isLoopback = Self.loopback.contains { remote.url.authority == $0 || remote.url.authority.hasPrefix("\($0):") }
        if remote.credential != nil, remote.url.scheme == .http, !isLoopback, !remote.allowInsecure {
            throw GitError(
                .untrusted, "a token for \(remote.url) would travel unencrypted",
                remedy: "use https, or set insecure = true in vendors.d")
        }
        let url = remote.url.description
        self.init(http: http, remote: remote, base: url.hasSuffix("/") ? String(url.dropLast()) : url)
    }

    private static let loopback = ["127.0.0.1", "localhost", "[::1]"]

    private init(http: GitHTTP, remote: GitRemote, base: String) {
        self.http = http
        self.remote = remote
        self.base = base
    }

    func connect() async throws -> (advertisement: [UInt8], carrier: any GitCarrier) {
        let body = Locked<[UInt8]>([])
        let suffix = "/info/refs?service=\(Self.service)"
        let request = request("GET", base + suffix, ["Git-Protocol": "version=2"])
        let answer = try await http.exchange(request) { bytes in
            try body.withLock { body throws(GitError) in
                body += bytes
                if body.count > Self.longestAdvertisement { throw GitError(.unavailable, "the server lists too many refs") }
            }
        }
        try check(answer)
        guard answer.headers["content-type"]?.hasPrefix("application/x-\(Self.service)-advertisement") == true else {
            throw GitError(.notFound, "no git repository answers at \(remote.url)", remedy: "check the URL")
        }
        // The base of later requests is where this one ended: POSTs are not redirected.
        guard answer.url.hasSuffix(suffix) else {
            throw GitError(.untrusted, "\(remote.url) redirects to what is no git repository")
        }
        let ended = String(answer.url.dropLast(suffix.count))
        return (body.withLock { $0 }, HTTPCarrier(http: http, remote: remote, base: ended))
    }

    func exchange(
        _ request: [UInt8], version: GitAdvertisement.Version,
        receive: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        var headers = [
            "Content-Type": "application/x-\(Self.service)-request", "Accept": "application/x-\(Self.service)-result",
        ]
        if version == .v2 { headers["Git-Protocol"] = "version=2" }
        var post = self.request("POST", "\(base)/\(Self.service)", headers)
        post.body = request
        try check(await http.exchange(post, receive))
    }

    private func request(_ method: String, _ url: String, _ headers: [String: String]) -> GitHTTP.Request {
        var secrets: [String: Secret] = [:]
        // After a redirect to another origin the credential stays behind.
        if let credential = remote.credential, url.hasPrefix(remote.url.origin + "/") {
            let pair = Array("\(credential.username):\(credential.token.reveal())".utf8)
            secrets["Authorization"] = Secret("Basic \(Base64.encoded(pair))")
        }
        // Servers tell git's clients by this word, and answer browsers with pages.
        let headers = headers.merging(["User-Agent": "git/2.0 (rbee-hive)"]) { own, _ in own }
        return GitHTTP.Request(
            method: method, url: url, headers: headers, secretHeaders: secrets, body: nil, remote: remote)
    }

    private func check(_ answer: GitHTTP.Answer) throws(GitError) {
        switch answer.status {
        case 200: return
        case 401, 403:
            throw remote.credential == nil
                ? GitError(.unauthorized, "\(remote.url) wants credentials", remedy: "name a token for it in vendors.d")
                : GitError(.unauthorized, "\(remote.url) refuses the credentials", remedy: "check the token in vendors.d")
        case 404, 410: throw GitError(.notFound, "no git repository answers at \(remote.url)", remedy: "check the URL")
        case let status: throw GitError(.unavailable, "\(remote.url) answers with status \(status)")
        }
    }
}

/// RFC 4648, section 4.
enum Base64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encoded(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 {
                text.append(place <= group.count ? digits[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
