import ArtifactTypes
import Crypto
import Provisioning
import SystemPackage

/// Resolves a path of this machine to the files there. Nothing is read of them: the pipeline copies and hashes them.
struct LocalProvisioner: Provisioner {
    let name: String
    let forms: [ReferenceForm]
    /// There is no network here.
    let access = NetworkAccess()

    init(name: String, forms: [ReferenceForm]) {
        self.name = name
        self.forms = forms.isEmpty ? ["file:{path*}"].compactMap { ReferenceForm($0) } : forms
    }

    /// The revision is a digest over the names, sizes and times of change: another one once a file is another.
    func resolve(
        _ reference: ArtifactReference, in context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution {
        let asked = try LocalReference(reference)
        let listing = try LocalListing(asked.path)
        let payloads = try Self.payloads(of: listing, as: context.kind)
        for note in listing.notes { context.progress(.notice(note)) }
        var hash = SHA256()
        var files: [RemoteFile] = []
        for (file, payload) in zip(listing.files, payloads) {
            hash.update(data: Array("\(file.path.string)\0\(file.size)\0\(file.changed)\n".utf8))
            let url = FileURL.text(of: file.location.string)
            files.append(
                RemoteFile(
                    path: payload.path, size: file.size, digest: nil, sources: [RemoteSource(url: url)],
                    unpack: payload.unpack))
        }
        guard let digest = Digest(.sha256, bytes: hash.finalize()) else {
            throw ProvisionError(.unsupported, "cannot name the revision of \(asked.path.string.visiblyEscaped)")
        }
        return Resolution(
            reference: asked.canonical, vendor: name, kind: context.kind, revision: "listing:\(digest.hex)",
            payload: .files(files, listing: listing.isFolder ? .repository : .exact),
            metadata: .init(unverified: true))
    }

    /// What becomes of each file. A worker may be an archive; models come as files, since a tar of some is an export
    /// (`model import`) that lacks its manifest.
    private static func payloads(
        of listing: LocalListing, as kind: ArtifactKind
    ) throws(ProvisionError) -> [(path: RelativePath, unpack: Unpack)] {
        var payloads = listing.files.map { (path: $0.path, unpack: Unpack.none) }
        if !listing.isFolder, payloads.count == 1 {
            do throws(RelativePath.Invalid) { payloads[0] = try Unpack.payload(of: payloads[0].path) } catch {
                throw ProvisionError(.unsafeContent, error.description)
            }
        }
        switch kind {
        case .model where !payloads.contains(where: { !$0.unpack.isArchive && isModel($0.path) }):
            throw ProvisionError(
                .invalid, "\(listing.location.string.visiblyEscaped) is no model",
                remedy: "name a GGUF or safetensors file, or a folder that has one")
        case .worker where listing.isFolder || payloads.count > 1:
            throw ProvisionError(
                .invalid, "\(listing.location.string.visiblyEscaped) is no release archive",
                remedy: "name the archive's file")
        case .model, .worker: return payloads
        }
    }

    /// By its name alone: the header is read once the file is copied.
    private static func isModel(_ path: RelativePath) -> Bool {
        let name = path.lastComponent.lowercased()
        return [".gguf", ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".onnx"].contains(where: name.hasSuffix)
    }
}
