import ArtifactTypes
import Provisioning

/// Looks for a file of checksums beside the file at a URL: its own, or one of its folder.
struct FileChecksums: Sendable {
    let url: WebURL
    let headers: [String: Secret]
    let access: NetworkAccess
    let http: HTTPService

    /// Nil where none of them is there, or none tells of the file.
    /// - Throws: `.digestMismatch` where one of them has several digests for it.
    func digest() async throws(ProvisionError) -> Digest? {
        // A query is the file's own, often a signature for one path.
        guard url.query.isEmpty, let name = url.fileName, let slash = url.path.lastIndex(of: "/") else { return nil }
        let folder = url.origin + url.path[...slash]
        let places = [
            (url: url.description + ".sha256", isOwn: true), (url: folder + "SHA256SUMS", isOwn: false),
            (url: folder + "sha256sums.txt", isOwn: false),
        ]
        for place in places {
            guard let bytes = try await read(place.url) else { continue }
            let found = ChecksumFile(bytes).digests(of: name, isOwn: place.isOwn)
            guard found.count <= 1 else {
                throw ProvisionError(
                    .digestMismatch, "\(place.url.visiblyEscaped) has several digests for \(name.visiblyEscaped)",
                    remedy: "add the right one to the URL, as #sha256=…")
            }
            if let digest = found.first { return digest }
        }
        return nil
    }

    /// Nobody said that there is such a file: one that cannot be read is one that is not there.
    private func read(_ url: String) async throws(ProvisionError) -> [UInt8]? {
        do throws(ProvisionError) {
            let response = try await http.send(
                HTTPRequest(
                    url: url, secretHeaders: headers, access: access, maximumBytes: ChecksumFile.maximumBytes))
            return response.status == 200 ? response.body : nil
        } catch {
            if error.code == .cancelled { throw error }
            return nil
        }
    }
}
