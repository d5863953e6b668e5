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
        if let limit = response.rateLimit {
            return ProvisionError(limit, "\(server.url) answers too many requests")
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
        default:
            return ProvisionError(.unavailable, "\(server.url) answers \(response.status)\(said)")
        }
    }
}
