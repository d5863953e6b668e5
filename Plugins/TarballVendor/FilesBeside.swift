import ArtifactTypes
import Provisioning

/// The files that may stand beside the one at a URL, in its folder.
struct FilesBeside: Sendable {
    private static let sharedNames = ["SHA256SUMS", "sha256sums.txt"]

    let url: WebURL
    let headers: [String: Secret]
    let access: NetworkAccess
    let http: HTTPService

    func evidence(signers: ReleaseSigners?) -> FileEvidence {
        let name = url.fileName ?? ""
        // A query is the file's own, often a signature for one path.
        let isAlone = !url.query.isEmpty
        let places =
            [FileEvidence.Place(name: name + ".sha256", isOwn: true)]
            + Self.sharedNames.map { FileEvidence.Place(name: $0, isOwn: false) }
        return FileEvidence(
            name: name, subject: folder, places: isAlone ? [] : places, isListed: false, signers: signers, replay: nil,
            read: { beside, maximumBytes throws(ProvisionError) in
                isAlone ? nil : try await read(place(of: beside, name), maximumBytes)
            })
    }

    private var folder: String {
        url.origin + (url.path.lastIndex(of: "/").map { String(url.path[...$0]) } ?? "/")
    }

    private func place(of beside: String, _ name: String) -> String {
        beside.hasPrefix(name) ? url.description + beside.dropFirst(name.count) : folder + beside
    }

    /// Nobody said that there is such a file: one that is refused is one that is not there. While the server fails, that
    /// cannot be told, and what stands in it must not be passed over.
    /// - Throws: `.unavailable`, `.rateLimited`, `.cancelled`; `.digestMismatch` for one that is longer than is read.
    private func read(_ url: String, _ maximumBytes: Int) async throws(ProvisionError) -> [UInt8]? {
        do throws(ProvisionError) {
            let response = try await http.send(
                HTTPRequest(url: url, secretHeaders: headers, access: access, maximumBytes: maximumBytes))
            let limit = response.rateLimit
            guard limit != nil || response.status >= 500 else {
                return response.status == 200 ? response.body : nil
            }
            let shown = WebURL(url)?.shown ?? folder
            throw ProvisionError(limit ?? .unavailable, "\(shown): the server answers \(response.status)")
        } catch {
            switch error.code {
            case .cancelled: throw error
            // What is too long for a signature is none.
            case .digestMismatch where maximumBytes < ChecksumFile.maximumBytes: return nil
            case .unavailable, .rateLimited, .digestMismatch:
                let remedy =
                    switch error.code {
                    case .unavailable: "try again later, or " + FileEvidence.pinning
                    case .rateLimited: "or " + FileEvidence.pinning
                    default: FileEvidence.pinning
                    }
                throw ProvisionError(
                    error.code, "whether checksums stand beside the file cannot be told: \(error.message)",
                    remedy: remedy)
            default: return nil
            }
        }
    }
}
