import ArtifactTypes
import Foundation
import Provisioning

/// Questions to CivitAI's REST API (https://developer.civitai.com/site/reference).
struct CivitAIClient: Sendable {
    let endpoint: String
    let token: SecretSource?
    let access: NetworkAccess
    let services: ProvisionServices

    /// What goes with every request to the server, and nowhere else.
    func headers() async throws(ProvisionError) -> [String: Secret] {
        guard let token, let secret = try await services.secret(token) else { return [:] }
        return ["Authorization": Secret("Bearer \(secret.reveal())")]
    }

    /// - Parameter missing: what it means when there is no such thing.
    func get<Answer: Decodable>(
        _ path: String, missing: ProvisionError.Code
    ) async throws(ProvisionError) -> Answer {
        let response = try await services.http.send(
            HTTPRequest(url: endpoint + path, secretHeaders: try await headers(), access: access))
        switch response.status {
        case 200: break
        case 404: throw ProvisionError(missing, "\(endpoint) has no \(path)")
        case 401, 403:
            throw ProvisionError(
                .unauthorized, "\(endpoint)\(path) wants a login", remedy: "set CIVITAI_TOKEN to an API key")
        default: throw ProvisionError(.unavailable, "\(endpoint)\(path) answered with status \(response.status)")
        }
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(response.body))
        } catch {
            throw ProvisionError(.unavailable, "\(endpoint)\(path) is not what the API promises")
        }
    }
}

struct CivitAIModel: Decodable {
    let tags: [String]?
    let modelVersions: [CivitAIVersion]
}

struct CivitAIVersion: Decodable {
    let id: Int
    let modelId: Int?
    let files: [CivitAIFile]
}

struct CivitAIFile: Decodable {
    let name: String
    let type: String?
    let sizeKB: Double?
    let hashes: [String: String]?
    let downloadUrl: String

    func remote(_ headers: [String: Secret]) throws(ProvisionError) -> RemoteFile {
        let path: RelativePath
        do {
            path = try RelativePath(name)
        } catch {
            throw ProvisionError(.unsafeContent, error.description)
        }
        var digest: Digest?
        if let text = hashes?["SHA256"] {
            digest = Digest(.sha256, hex: text.lowercased())
            if digest == nil { throw ProvisionError(.unsafeContent, "the SHA256 of \(path) is none") }
        }
        return RemoteFile(
            path: path, size: size, digest: digest, sources: [RemoteSource(url: downloadUrl, headers: headers)])
    }

    /// Kibibytes as a fraction. Some answers are rounded to two decimals: those are no size.
    private var size: Int64? {
        guard let sizeKB, sizeKB * 100 != (sizeKB * 100).rounded() else { return nil }
        return Int64(exactly: sizeKB * 1024)
    }
}
