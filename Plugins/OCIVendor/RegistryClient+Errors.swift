import ArtifactTypes
import FoundationEssentials
import Provisioning

extension RegistryClient {
    private struct Answer: Decodable {
        struct Item: Decodable {
            var code: String?
            var message: String?
        }
        var errors: [Item]?
    }

    /// What an answer that is not 200 means, by its status, with the registry's own words
    /// (<https://github.com/opencontainers/distribution-spec>, "Error Codes").
    func failure(_ response: HTTPResponse) -> ProvisionError {
        let item = (try? JSONDecoder().decode(Answer.self, from: Data(response.body)))?.errors?.first
        let words = [item?.code, item?.message].compactMap(\.self).joined(separator: ": ")
        let said = words.isEmpty ? "" : " (\(words.visiblyEscaped.prefix(200)))"
        if let limit = response.rateLimit {
            return ProvisionError(
                limit, "\(login.server.origin) answers too many requests\(said)",
                remedy: authorization == nil ? login.remedy(hadCredential: false) : nil)
        }
        switch response.status {
        case 401, 403:
            return ProvisionError(
                .unauthorized, "\(login.server.origin) does not let \(subject) be read\(said)",
                remedy: login.remedy(hadCredential: authorization != nil))
        case 404 where item?.code == "NAME_UNKNOWN":
            return ProvisionError(.notFound, "there is no \(subject)\(said)")
        case 404:
            return ProvisionError(.revisionNotFound, "there is no \(subject)\(said)")
        default:
            return ProvisionError(.unavailable, "\(subject): the registry answers \(response.status)\(said)")
        }
    }
}
