import ArtifactTypes
import FoundationEssentials
import Provisioning

/// Requests to one server, and its answers as values or as errors of ours.
struct HubClient: Sendable {
    let server: HubServer
    let token: Secret?
    let access: NetworkAccess
    let http: HTTPService
    /// Where a person sets the token, for remedies.
    let tokenName: String
    /// There are others to ask.
    let hasAlternative: Bool

    // A repository of 100,000 files lists itself in about 20 MB.
    private static let pageBytes = 32 << 20
    private static let totalBytes = 128 << 20
    private static let pageLimit = 1000
    private static let entryLimit = 200_000

    var headers: [String: Secret] {
        token.map { ["Authorization": Secret("Bearer \($0.reveal())")] } ?? [:]
    }

    func model(_ id: RepositoryID, revision: String) async throws(ProvisionError) -> ModelAnswer {
        let response = try await get(server.modelURL(id, revision: revision), id, revision: revision)
        return try decode(ModelAnswer.self, response)
    }

    /// All files of a commit, page by page.
    /// - Throws: `.unavailable` for more pages, entries or bytes than any repository has, or a page of another origin.
    func tree(_ id: RepositoryID, commit: String) async throws(ProvisionError) -> [TreeAnswer] {
        var entries: [TreeAnswer] = []
        var bytes = 0
        var visited = Set<String>()
        var next: String? = server.treeURL(id, commit: commit)
        while let url = next {
            guard visited.insert(url).inserted else { throw odd("the listing of \(id) leads back to itself") }
            guard visited.count <= Self.pageLimit else {
                throw odd("the listing of \(id) has more than \(Self.pageLimit) pages")
            }
            let response = try await get(url, id, revision: commit)
            let page = try decode([TreeAnswer].self, response)
            bytes += response.body.count
            entries += page.filter { $0.type == "file" }
            guard entries.count <= Self.entryLimit, bytes <= Self.totalBytes else {
                throw odd(
                    "the listing of \(id) is longer than \(Self.entryLimit) files or \(ByteCount(Int64(Self.totalBytes)))"
                )
            }
            next = try response.headers["link"].flatMap(Self.nextLink).map { link throws(ProvisionError) in
                // A path alone belongs to the server that gave it.
                let url = link.hasPrefix("/") && !link.hasPrefix("//") ? server.origin + link : link
                guard HubServer.origin(of: url) == server.origin else {
                    throw ProvisionError(.untrusted, "\(server.url): the listing of \(id) goes on at another origin")
                }
                return url
            }
        }
        return entries
    }

    /// Throws `.gated` or `.unauthorized` where the files of a gated model would be refused.
    func checkAccess(_ id: RepositoryID) async throws(ProvisionError) {
        let response = try await send(server.accessURL(id))
        // A server that does not know the question is found out when the files are fetched.
        guard response.status == 401 || response.status == 403 else { return }
        throw failure(response, id, revision: "main")
    }

    /// Redirects, as a renamed model has them, are followed on the server's own origin alone: what another one says of
    /// commits and digests is not this server's word.
    private func send(_ url: String) async throws(ProvisionError) -> HTTPResponse {
        let response = try await http.send(
            HTTPRequest(
                url: url, headers: ["Accept": "application/json"], secretHeaders: headers, access: access,
                maximumBytes: Self.pageBytes, hasAlternative: hasAlternative))
        let origin = HubServer.origin(of: response.url)
        guard origin == server.origin else {
            throw ProvisionError(
                .untrusted, "\(server.url) sends questions on to \(origin ?? "another origin")",
                remedy: "make that one the endpoint, if you trust it")
        }
        return response
    }

    private func get(
        _ url: String, _ id: RepositoryID, revision: String
    ) async throws(ProvisionError) -> HTTPResponse {
        let response = try await send(url)
        guard response.status == 200 else { throw failure(response, id, revision: revision) }
        return response
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ response: HTTPResponse) throws(ProvisionError) -> Value
    {
        do {
            return try JSONDecoder().decode(type, from: Data(response.body))
        } catch {
            throw odd("not an answer of the hub's API")
        }
    }

    func odd(_ reason: String) -> ProvisionError {
        ProvisionError(.unavailable, "\(server.url): \(reason)")
    }

    /// The target of `<…>; rel="next"` in a `Link` header (RFC 8288).
    static func nextLink(_ header: String) -> String? {
        for link in header.split(separator: "<") {
            guard let end = link.firstIndex(of: ">") else { continue }
            let parameters = link[end...].filter { $0 != " " && $0 != "\"" }
            guard parameters.contains(";rel=next") else { continue }
            return String(link[..<end])
        }
        return nil
    }
}
