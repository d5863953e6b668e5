import FoundationEssentials
import Synchronization

/// The reading part of the OCI distribution API (`/v2/…`), and the token service that belongs to it (`/token`). Blobs are
/// redirected to the CDN.
extension HubState {
    func registry(_ request: Request, _ parts: [String]) -> Response {
        let registry = contents.withLock { $0.registry }
        if let refusal = refusal(of: request, registry.access) { return refusal }
        guard parts.count >= 4, let reference = parts.last else { return .json([String: String]()) }
        let name = parts[1..<parts.count - 2].joined(separator: "/")
        switch parts[parts.count - 2] {
        case "manifests":
            guard let manifests = registry.manifests[name] else { return missing("NAME_UNKNOWN") }
            guard let manifest = manifests[reference] else { return missing("MANIFEST_UNKNOWN") }
            return Response(
                200,
                headers: [("Content-Type", manifest.mediaType), ("Docker-Content-Digest", manifest.digest)],
                body: manifest.bytes)
        case "blobs":
            guard registry.blobs[name]?[reference] != nil else { return missing("BLOB_UNKNOWN") }
            let target = "/cdn/registry/\(reference)"
            return .redirect(307, to: "\(cdnOrigin)\(target)?\(signature(of: target))")
        default:
            return missing("UNSUPPORTED")
        }
    }

    /// `GET` with a login or nothing, `POST` with a refresh token.
    func registryToken(_ request: Request, body: [UInt8]) -> Response {
        guard case .token(let user, let password, let refreshToken, _) = contents.withLock({ $0.registry.access })
        else {
            return missing("UNSUPPORTED")
        }
        let isRenewal = request.method == "POST"
        let isAllowed =
            if isRenewal {
                refreshToken.map { token in
                    String(decoding: body, as: UTF8.self).split(separator: "&").contains("refresh_token=\(token)")
                } ?? false
            } else {
                user.map { request.headers["authorization"] == Self.basic($0, password ?? "") } ?? true
            }
        guard isAllowed else { return error(401, "UNAUTHORIZED") }
        return .json([isRenewal ? "access_token" : "token": Self.registryToken])
    }

    private static let registryToken = "registry-token"

    private static func basic(_ user: String, _ password: String) -> String {
        "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }

    private func refusal(of request: Request, _ access: RegistryAccess) -> Response? {
        let challenge: String
        switch access {
        case .open: return nil
        case .basic(let user, let password):
            if request.headers["authorization"] == Self.basic(user, password) { return nil }
            challenge = "Basic realm=\"test registry\""
        case .token(_, _, _, let realm):
            if request.headers["authorization"] == "Bearer \(Self.registryToken)" { return nil }
            let own = "http://\(request.headers["host"] ?? "127.0.0.1")/token"
            challenge = "Bearer realm=\"\(realm ?? own)\",service=\"test registry\",scope=\"repository:x:pull\""
        }
        var response = error(401, "UNAUTHORIZED")
        response.setHeader("WWW-Authenticate", challenge)
        return response
    }

    private func missing(_ code: String) -> Response { error(404, code) }

    private struct Errors: Encodable {
        struct Item: Encodable {
            var code: String
            var message = "test registry"
        }
        var errors: [Item]
    }

    private func error(_ status: Int, _ code: String) -> Response {
        var response = Response.json(Errors(errors: [.init(code: code)]))
        response.status = status
        return response
    }
}
