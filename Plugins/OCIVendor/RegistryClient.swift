import ArtifactTypes
import Provisioning

import struct Crypto.SHA256
import struct Crypto.SHA512

/// Requests for one repository of a registry, or of a mirror of it. It asks as nobody first, and after a 401 as whoever
/// the user is there.
struct RegistryClient: Sendable {
    let reference: OCIReference
    let login: RegistryLogin
    /// There are others to ask.
    let hasAlternative: Bool
    /// What the registry wanted in `Authorization`, once it has said so.
    private(set) var authorization: Secret?

    var server: RegistryServer { login.server }
    /// What is asked for, as messages call it.
    var subject: String { reference.subject(at: server) }

    init(_ reference: OCIReference, _ login: RegistryLogin, hasAlternative: Bool) {
        self.reference = reference
        self.login = login
        self.hasAlternative = hasAlternative
    }

    /// The digest that a tag is at, by a request without an answer's body; nil where the registry does not tell that way.
    mutating func digest(ofTag tag: String) async throws(ProvisionError) -> Digest? {
        let response = try await send("HEAD", server.manifestURL(reference.repository, tag), isManifest: true)
        guard response.status == 200 else {
            // What is not there or refused is told by the answer that has a body.
            return nil
        }
        return response.headers["docker-content-digest"].flatMap { Digest($0) }
    }

    /// A manifest by tag or digest, and its digest, which is that of its bytes.
    ///
    /// - Parameter size: what a descriptor said of it.
    /// - Throws: `.digestMismatch` where the bytes are not what was asked for, or not what the registry says they are.
    mutating func manifest(
        _ asked: String, size: Int64? = nil
    ) async throws(ProvisionError) -> (document: ManifestDocument, digest: Digest) {
        let response = try await send("GET", server.manifestURL(reference.repository, asked), isManifest: true)
        guard response.status == 200 else { throw failure(response) }
        let expected = Digest(asked)
        let digest = try Self.digest(of: response.body, expected?.algorithm ?? .sha256)
        guard expected == nil || digest == expected else {
            throw mismatch("the manifest is \(digest), and \(asked) was asked for")
        }
        if let said = response.headers["docker-content-digest"].flatMap({ Digest($0) }),
            try Self.digest(of: response.body, said.algorithm) != said
        {
            throw mismatch("the manifest is \(digest), and the registry says \(said)")
        }
        guard size == nil || size == Int64(response.body.count) else {
            throw mismatch("the manifest \(digest) has another size than its index says")
        }
        return (try ManifestDocument(response.body, of: subject), digest)
    }

    /// Makes sure that a manifest is there, and with it its layers, and learns what the registry wants to be shown.
    /// - Throws: why it is not.
    mutating func check(_ digest: Digest) async throws(ProvisionError) {
        let response = try await send(
            "HEAD", server.manifestURL(reference.repository, digest.description), isManifest: true)
        if response.status == 404 {
            throw ProvisionError(.revisionNotFound, "it has not the manifest that \(reference.subject) is at")
        }
        guard response.status == 200 else { throw failure(response) }
    }

    /// The whole of a small blob.
    /// - Throws: `.digestMismatch` where it is not what its name says.
    mutating func blob(_ digest: Digest, maximumBytes: Int) async throws(ProvisionError) -> [UInt8] {
        let response = try await send(
            "GET", server.blobURL(reference.repository, digest), maximumBytes: maximumBytes)
        guard response.status == 200 else { throw failure(response) }
        guard try Self.digest(of: response.body, digest.algorithm) == digest else {
            throw mismatch("a blob's content is not \(digest)")
        }
        return response.body
    }

    /// Where the content of a layer can be had.
    func source(_ digest: Digest) -> RemoteSource {
        RemoteSource(
            url: server.blobURL(reference.repository, digest),
            headers: authorization.map { ["Authorization": $0] } ?? [:])
    }

    private mutating func send(
        _ method: String, _ url: String, isManifest: Bool = false,
        maximumBytes: Int = ManifestDocument.maximumBytes
    ) async throws(ProvisionError) -> HTTPResponse {
        var request = HTTPRequest(
            method: method, url: url, headers: isManifest ? ["Accept": ManifestDocument.accepted] : [:],
            secretHeaders: authorization.map { ["Authorization": $0] } ?? [:], access: login.access,
            maximumBytes: maximumBytes, hasAlternative: hasAlternative)
        var response = try await login.services.http.send(request)
        let isOwn = WebOrigin(of: response.url) == server.origin
        if response.status == 401, authorization == nil, isOwn {
            let challenges = AuthenticationChallenge.list(response.headers["www-authenticate"] ?? "")
            let answer = try await login.authorization(
                for: challenges, repository: server.prefix + reference.repository)
            authorization = answer
            request.secretHeaders = ["Authorization": answer]
            response = try await login.services.http.send(request)
        }
        // Blobs lie at other hosts often enough, and have their digest. What a tag means is the registry's word alone.
        guard !isManifest || WebOrigin(of: response.url) == server.origin else {
            throw ProvisionError(
                .untrusted, "\(server.origin) sends the question for a manifest on to another origin",
                remedy: "name that registry, if you trust it")
        }
        return response
    }

    private static func digest(of bytes: [UInt8], _ algorithm: Digest.Algorithm) throws(ProvisionError) -> Digest {
        let digest: Digest? =
            switch algorithm {
            case .sha256: Digest(.sha256, bytes: SHA256.hash(data: bytes))
            case .sha512: Digest(.sha512, bytes: SHA512.hash(data: bytes))
            case .gitSHA1: nil
            }
        guard let digest else { throw ProvisionError(.unsupported, "no registry names content by \(algorithm)") }
        return digest
    }

    private func mismatch(_ reason: String) -> ProvisionError {
        ProvisionError(
            .digestMismatch, "\(subject): \(reason)",
            remedy: "tell whoever runs the registry; nothing was kept")
    }
}
