import ArtifactTypes
import FoundationEssentials
import Provisioning

/// Requests to a forge's API, and its answers as values or as errors of ours.
struct ForgeClient: Sendable {
    let kind: ForgeKind
    let api: WebURL
    let project: String
    let headers: [String: Secret]
    let access: NetworkAccess
    let http: HTTPService
    /// Where a person sets the token, for remedies.
    let tokenName: String

    private static let pageBytes = 16 << 20
    /// GitHub allows 1,000 assets a release, 100 a page.
    private static let pageLimit = 50
    /// Within GitHub's first answer; the pages tell of the others.
    private static let completeBelow = 30

    /// - Parameter tag: nil for the latest.
    /// - Throws: `.revisionNotFound` for a tag that has no release, with those that have.
    func release(_ tag: String?) async throws(ProvisionError) -> ReleaseAnswer {
        let response = try await send("\(api.description)/\(kind.release(tag, of: project))")
        if response.status == 200 {
            let release = try decode(ReleaseAnswer.self, response)
            if tag != nil || release.isFinal { return release }
        } else if response.status != 404 {
            throw failure(response)
        }
        return try await listed(tag)
    }

    /// What a 404 means: no such tag, nothing that this account may see, or a forge that does not know which one is the
    /// latest, as Gitea before 1.17.
    private func listed(_ tag: String?) async throws(ProvisionError) -> ReleaseAnswer {
        let response = try await send("\(api.description)/\(kind.releases(of: project))?per_page=100")
        guard response.status == 200 else { throw failure(response) }
        let releases = try decode([ReleaseAnswer].self, response)
        if tag == nil, let latest = releases.first(where: \.isFinal) { return latest }
        let tags = releases.map(\.tag.visiblyEscaped)
        guard let newest = tags.first else {
            throw ProvisionError(.revisionNotFound, "\(project) at \(api.origin) has no releases")
        }
        let list = tags.prefix(20).joined(separator: ", ") + (tags.count > 20 ? ", …" : "")
        guard let tag else {
            throw ProvisionError(
                .revisionNotFound, "\(project) has pre-releases alone: \(list)", remedy: "name one, as @\(newest)")
        }
        throw ProvisionError(
            .revisionNotFound, "\(project) has no release \"\(tag.visiblyEscaped)\", it has \(list)",
            remedy: "name one of them, or @latest")
    }

    /// All assets, page by page where the release may have more than it says at once.
    func assets(of release: ReleaseAnswer) async throws(ProvisionError) -> [AssetAnswer] {
        guard kind == .github, release.assets.count >= Self.completeBelow, let id = release.id else {
            return release.assets
        }
        return try await pages(
            AssetAnswer.self, "\(api.description)/\(kind.releases(of: project))/\(id)/assets?per_page=100")
    }

    private func pages<Item: Decodable>(_ type: Item.Type, _ first: String) async throws(ProvisionError) -> [Item] {
        var items: [Item] = []
        var visited = Set<String>()
        var next: String? = first
        while let url = next {
            guard visited.insert(url).inserted, visited.count <= Self.pageLimit else {
                throw odd("the listing of \(project) has no end")
            }
            let response = try await send(url)
            guard response.status == 200 else { throw failure(response) }
            items += try decode([Item].self, response)
            next = response.headers["link"].flatMap(Self.nextLink)
            if let next, WebURL(next)?.origin != api.origin {
                throw ProvisionError(.untrusted, "\(api.shown): the listing of \(project) goes on at another origin")
            }
        }
        return items
    }

    /// What another origin says of releases and digests is not this one's word.
    private func send(_ url: String) async throws(ProvisionError) -> HTTPResponse {
        let response: HTTPResponse
        do throws(ProvisionError) {
            response = try await http.send(
                HTTPRequest(
                    url: url, headers: ["Accept": "application/json"], secretHeaders: headers, access: access,
                    maximumBytes: Self.pageBytes))
        } catch {
            // A wait that is too long to be sat out.
            guard case .rateLimited = error.code else { throw error }
            throw spent(error.code)
        }
        guard let origin = WebURL(response.url)?.origin, origin == api.origin else {
            throw ProvisionError(
                .untrusted, "\(api.shown) sends questions on to another origin",
                remedy: "make that one the origin, if you trust it")
        }
        return response
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ response: HTTPResponse) throws(ProvisionError) -> Value
    {
        do {
            return try JSONDecoder().decode(type, from: Data(response.body))
        } catch {
            throw odd("not an answer of \(kind.rawValue)'s API")
        }
    }

    private func odd(_ reason: String) -> ProvisionError {
        ProvisionError(.unavailable, "\(api.shown): \(reason)")
    }

    /// The target of `<…>; rel="next"` in a `Link` header (RFC 8288).
    private static func nextLink(_ header: String) -> String? {
        for link in header.split(separator: "<") {
            guard let end = link.firstIndex(of: ">") else { continue }
            let parameters = link[end...].filter { $0 != " " && $0 != "\"" }
            if parameters.contains(";rel=next") { return String(link[..<end]) }
        }
        return nil
    }
}

// MARK: - Answers that are none

extension ForgeClient {
    private func spent(_ limit: ProvisionError.Code) -> ProvisionError {
        ProvisionError(
            limit, "\(project): \(api.shown) takes no more requests",
            remedy: headers.isEmpty ? "set \(tokenName): with a token it takes more" : nil)
    }

    private func failure(_ response: HTTPResponse) -> ProvisionError {
        if let limit = response.rateLimit { return spent(limit) }
        switch response.status {
        case 401:
            return ProvisionError(
                .unauthorized, "\(project): \(api.shown) \(headers.isEmpty ? "wants a token" : "refuses the token")",
                remedy: "check \(tokenName)")
        case 403:
            return ProvisionError(.unauthorized, "\(api.shown) forbids \(project)", remedy: "check \(tokenName)")
        case 404:
            return ProvisionError(
                .notFound, "no project \(project) at \(api.origin)",
                remedy: headers.isEmpty
                    ? "or it is private: set \(tokenName)" : "or it is private, and your token has no access to it")
        default: return odd("it answers \(response.status)")
        }
    }
}
