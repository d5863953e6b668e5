import ArtifactTypes
import Transfer

/// Git over http and https (gitprotocol-http(5)): proxies, certificates, redirects and network rules are the engine's.
struct HTTPCarrier: GitCarrier {
    private static let service = "git-upload-pack"
    /// The most bytes of one answer: a pack and what is wrapped around it.
    private static let longestAnswer = Int(GitSession.mostPackBytes) + 1 << 30

    private let engine: TransferEngine
    private let remote: GitRemote
    private let offersVersion2: Bool
    /// Where requests go: the remote's URL, or where the first request was redirected to.
    private let base: String

    init(engine: TransferEngine, remote: GitRemote, offersVersion2: Bool) {
        let url = remote.url.description
        self.init(
            engine: engine, remote: remote, offersVersion2: offersVersion2,
            base: url.hasSuffix("/") ? String(url.dropLast()) : url)
    }

    private init(engine: TransferEngine, remote: GitRemote, offersVersion2: Bool, base: String) {
        self.engine = engine
        self.remote = remote
        self.offersVersion2 = offersVersion2
        self.base = base
    }

    func connect(_ meter: ProgressMeter) async throws -> (advertisement: [UInt8], carrier: any GitCarrier) {
        let suffix = "/info/refs?service=\(Self.service)"
        let headers = offersVersion2 ? ["Git-Protocol": "version=2"] : [:]
        var request = request("GET", base + suffix, headers)
        request.maximumBytes = GitSession.mostReferenceBytes
        let body = Locked<[UInt8]>([])
        let answer = try await send(request) { bytes in
            meter.add(bytes.count)
            body.withLock { $0 += bytes }
        }
        guard answer.headers["content-type"]?.hasPrefix("application/x-\(Self.service)-advertisement") == true else {
            throw GitError(.notFound, "no git repository answers at \(remote.url)", remedy: "check the URL")
        }
        // Later requests go to where this one ended: a POST is not redirected.
        guard answer.url.hasSuffix(suffix) else {
            throw GitError(.untrusted, "\(remote.url) redirects to what is no git repository")
        }
        let carrier = HTTPCarrier(
            engine: engine, remote: remote, offersVersion2: offersVersion2,
            base: String(answer.url.dropLast(suffix.count)))
        return (body.withLock { $0 }, carrier)
    }

    func exchange(
        _ request: [UInt8], version: GitAdvertisement.Version,
        receive: @escaping @Sendable ([UInt8]) async throws -> Bool
    ) async throws {
        var headers = [
            "Content-Type": "application/x-\(Self.service)-request", "Accept": "application/x-\(Self.service)-result",
        ]
        if version == .v2 { headers["Git-Protocol"] = "version=2" }
        var post = self.request("POST", "\(base)/\(Self.service)", headers)
        post.body = request
        _ = try await send(post) { bytes in _ = try await receive(bytes) }
    }

    private func request(_ method: String, _ url: String, _ headers: [String: String]) -> TransferRequest {
        var secrets: [String: Secret] = [:]
        // After a redirect to another origin the credential stays behind.
        if let credential = remote.credential, url.hasPrefix(remote.url.origin + "/") {
            secrets["Authorization"] = credential.header
        }
        var request = TransferRequest(
            method: method, url: url,
            // Servers tell git's clients by this word, and answer others with pages.
            headers: headers.merging(["User-Agent": "git/2.0 (rbee-hive)"]) { own, _ in own },
            secretHeaders: secrets, access: remote.access, maximumBytes: Self.longestAnswer,
            hasAlternative: remote.hasAlternative)
        // A longer wait would be cut off as no progress, and what the server said be lost.
        request.patience = remote.timeout
        return request
    }

    private func send(
        _ request: TransferRequest, _ receive: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws -> TransferResponse {
        // The engine knows that the receiver failed, and not with what.
        let ours = Locked<GitError?>(nil)
        let answer: TransferResponse
        do {
            answer = try await engine.stream(request) { bytes in
                do {
                    try await receive(bytes)
                } catch {
                    ours.withLock { $0 = GitError(mapping: error) }
                    throw error
                }
            }
        } catch {
            throw ours.withLock { $0 } ?? GitError(error, at: remote.url)
        }
        if let error = remote.refusal(answer) { throw error }
        return answer
    }
}

extension GitRemote {
    var access: TransferAccess {
        TransferAccess(
            configuredOrigins: configuredOrigins, allowInsecure: allowInsecure, caFile: caFile,
            stallTimeout: Int(clamping: timeout.components.seconds), proxy: proxy)
    }

    /// What an answer means by its status; nil for one that is good.
    func refusal(_ answer: TransferResponse) -> GitError? {
        let retryAfter = answer.headers["retry-after"].flatMap { Int($0) }
        return switch answer.status {
        case 200: nil
        case 401 where credential == nil:
            GitError(
                .unauthorized, "\(url) wants credentials",
                remedy: "name a token for it in vendors.d, or give it to git's credential helper or ~/.netrc")
        case 401: GitError(.unauthorized, "\(url) refuses the credentials", remedy: "check its token")
        case 403:
            GitError(.forbidden, "\(url) is forbidden", remedy: "check what its token, or your address, may read")
        case 404, 410: GitError(.notFound, "no git repository answers at \(url)", remedy: "check the URL")
        case 429: GitError(.rateLimited(retryAfter: retryAfter), "\(url) answers too many requests")
        case 503 where retryAfter != nil:
            GitError(.rateLimited(retryAfter: retryAfter), "\(url) asks to be left alone")
        default: GitError(.unavailable, "\(url) answers with status \(answer.status)")
        }
    }
}

extension GitCredential {
    /// The value of `Authorization` (RFC 7617).
    var header: Secret { Secret("Basic \(Base64.encoded(Array("\(username):\(token.reveal())".utf8)))") }
}

extension GitError {
    init(_ error: TransferError, at url: GitURL) {
        let code: Code =
            switch error.code {
            case .cancelled: .cancelled
            case .forbidden, .redirects, .tls: .untrusted
            case .io(let errno): .io(errno: errno)
            case .unsupported: .unsupported
            case .rateLimited(let seconds): .rateLimited(retryAfter: seconds)
            default: .unavailable
            }
        self.init(code, "\(url): \(error.message)")
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
