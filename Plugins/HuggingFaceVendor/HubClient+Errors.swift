import ArtifactTypes
import Provisioning

extension HubClient {
    /// What an answer that is not 200 means, by the hub's `X-Error-Code`, else by its status.
    func failure(_ response: HTTPResponse, _ id: RepositoryID, revision: String) -> ProvisionError {
        let said = response.headers["x-error-message"].map { " (\($0.visiblyEscaped.prefix(200)))" } ?? ""
        switch response.headers["x-error-code"] {
        case "GatedRepo":
            let terms = "accept the terms at \(server.url)/\(id)"
            return ProvisionError(
                .gated, "\(server.url) restricts access to \(id)\(said)",
                remedy: token == nil ? "\(terms) and set \(tokenName)" : "\(terms) with the account of your token")
        case "RepoNotFound", "DisabledRepo":
            return ProvisionError(
                .notFound, "no model \(id) at \(server.url)",
                remedy: token == nil
                    ? "or it is private: set \(tokenName)"
                    : "or it is private, and the account of your token has no access to it")
        case "RevisionNotFound":
            return ProvisionError(.revisionNotFound, "\(id) has no revision \"\(revision.visiblyEscaped.prefix(120))\"")
        default: break
        }
        switch response.status {
        case 401:
            return ProvisionError(
                .unauthorized,
                "\(server.url) refuses \(token == nil ? "to answer without a token" : "the token")\(said)",
                remedy: "check \(tokenName)")
        case 403:
            return ProvisionError(.unauthorized, "\(server.url) forbids \(id)\(said)", remedy: "check \(tokenName)")
        case 404:
            return ProvisionError(.notFound, "no model \(id) at \(server.url)\(said)")
        case 429:
            return ProvisionError(
                .rateLimited(retryAfter: Self.retryAfter(response.headers)), "\(server.url) answers too many requests")
        default:
            return ProvisionError(.unavailable, "\(server.url) answers \(response.status)\(said)")
        }
    }

    /// Seconds by `Retry-After`, else by the hub's `ratelimit: "api";r=0;t=55`; nil where neither says.
    static func retryAfter(_ headers: [String: String]) -> Int? {
        if let seconds = headers["retry-after"].flatMap({ Int($0) }), seconds >= 0 { return seconds }
        guard let limit = headers["ratelimit"] else { return nil }
        for item in limit.split(separator: ";") {
            let item = item.filter { $0 != " " }
            if item.hasPrefix("t="), let seconds = Int(item.dropFirst(2)), seconds >= 0 { return seconds }
        }
        return nil
    }
}
