import ArtifactTypes
import Provisioning

/// A reference of this vendor, taken apart: the URL, the digest, and what becomes of the file.
struct TarballReference: Sendable {
    let url: WebURL
    let digest: Digest?
    /// The name under which the payload is kept.
    let path: RelativePath
    let unpack: Unpack
    /// The reference with its origin and digest in lower case, and without what signs it.
    let canonical: ArtifactReference

    /// - Throws: `.invalid` for a URL that names no file, and for a fragment of anything but one digest.
    init(_ reference: ArtifactReference) throws(ProvisionError) {
        guard let url = WebURL(reference.locator) else {
            throw ProvisionError(
                .invalid, "not an http or https URL that can be used",
                remedy: "write https://HOST/PATH, without a user name; a token stands in vendors.d")
        }
        self.url = url
        digest = try Self.digest(reference.fragment, url)
        guard let name = url.fileName else { throw ProvisionError(.invalid, "\(url.shown) names no file") }
        do throws(RelativePath.Invalid) {
            (path, unpack) = try Unpack.payload(of: RelativePath(name))
        } catch {
            throw ProvisionError(.invalid, "\(url.shown): \(error)")
        }
        guard path.parent == nil else {
            throw ProvisionError(.invalid, "\(url.shown): its file name has a slash")
        }
        var canonical = reference
        // A URL that is signed anew each day is the same file.
        canonical.locator = URLSecrets.removed(from: url.description)
        canonical.fragment = digest.map { [.init(key: $0.algorithm.rawValue, value: $0.hex)] } ?? []
        self.canonical = canonical
    }

    private static func digest(
        _ fragment: [ArtifactReference.FragmentItem], _ url: WebURL
    ) throws(ProvisionError) -> Digest? {
        guard let item = fragment.first else { return nil }
        guard fragment.count == 1 else {
            throw ProvisionError(.invalid, "\(url.shown): more than one digest", remedy: "give one, #sha256=… best")
        }
        let algorithms: [Digest.Algorithm] = [.sha256, .sha512]
        guard let algorithm = algorithms.first(where: { $0.rawValue == item.key }) else {
            throw ProvisionError(
                .invalid, "\(url.shown): #\(item.key.visiblyEscaped.prefix(40))=… means nothing here",
                remedy: "#sha256=… and #sha512=… are known")
        }
        guard let digest = Digest(algorithm, hex: item.value.lowercased()) else {
            throw ProvisionError(
                .invalid, "\(url.shown): #\(item.key)= wants \(algorithm.hexLength) hexadecimal digits")
        }
        return digest
    }
}
