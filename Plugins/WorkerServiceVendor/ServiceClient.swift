import ArtifactTypes
import FoundationEssentials
import Provisioning

/// Requests to one service, and its answers as values or as errors of ours.
struct ServiceClient: Sendable {
    let address: ServiceAddress
    let access: NetworkAccess
    let http: HTTPService

    private static let listBytes = 4 << 20
    private static let recipeBytes = 1 << 20
    private static let workerLimit = 10_000

    /// An item of the list that cannot be read.
    struct OddItem {
        /// As the item has it; nil where it has none.
        let id: String?
        let error: ProvisionError
    }

    /// `/workers`: every item that can be read, and why the others cannot.
    func all() async throws(ProvisionError) -> (entries: [ServiceEntry], odd: [OddItem]) {
        let response = try await get("\(address.url)/workers", maximumBytes: Self.listBytes)
        guard response.status == 200 else { throw failure(response, "/workers") }
        guard let items = try json(response)["workers"]?.arrayValue else {
            throw odd("/workers has no list called workers")
        }
        guard items.count <= Self.workerLimit else { throw odd("/workers lists more than \(Self.workerLimit)") }
        var entries: [ServiceEntry] = []
        var broken: [OddItem] = []
        for item in items {
            do {
                entries.append(try ServiceEntry(item, at: address))
            } catch {
                broken.append(OddItem(id: item["id"]?.stringValue, error: error))
            }
        }
        return (entries, broken)
    }

    /// `/workers/ID`; nil where the service does not know it.
    ///
    /// - Parameter id: checked by the caller.
    func entry(_ id: String) async throws(ProvisionError) -> ServiceEntry? {
        let response = try await get("\(address.url)/workers/\(id)", maximumBytes: Self.listBytes)
        if response.status == 404 { return nil }
        guard response.status == 200 else { throw failure(response, "/workers/\(id)") }
        let entry = try ServiceEntry(try json(response), at: address)
        guard entry.id == id else { throw odd("/workers/\(id) answers with \(entry.id)") }
        return entry
    }

    /// A PKGBUILD, and the URL that it came from in the end.
    func recipe(at url: String) async throws(ProvisionError) -> [UInt8] {
        let response = try await get(url, maximumBytes: Self.recipeBytes)
        let shown = url.prefix { $0 != "?" && $0 != "#" }
        if response.status == 404 { throw ProvisionError(.notFound, "there is no PKGBUILD at \(shown)") }
        guard response.status == 200 else { throw failure(response, String(shown)) }
        return response.body
    }

    private func get(_ url: String, maximumBytes: Int) async throws(ProvisionError) -> HTTPResponse {
        try await http.send(
            HTTPRequest(
                url: url, headers: ["Accept": "application/json, text/plain;q=0.9"], access: access,
                maximumBytes: maximumBytes))
    }

    private func json(_ response: HTTPResponse) throws(ProvisionError) -> JSONValue {
        do {
            return try JSONDecoder().decode(JSONValue.self, from: Data(response.body))
        } catch {
            throw odd("not an answer of a worker catalog service")
        }
    }

    private func failure(_ response: HTTPResponse, _ path: String) -> ProvisionError {
        if let limit = response.rateLimit {
            return ProvisionError(limit, "\(address.url) takes no more requests for now")
        }
        return switch response.status {
        case 401, 403: ProvisionError(.unauthorized, "\(address.url) refuses \(path) (status \(response.status))")
        case 404: odd("there is no \(path): it is no worker catalog service")
        default: odd("\(path) answered with status \(response.status)")
        }
    }

    private func odd(_ reason: String) -> ProvisionError {
        ProvisionError(.unavailable, "\(address.url): \(reason)", remedy: "see what WORKER_CATALOG_URL or url names")
    }
}
