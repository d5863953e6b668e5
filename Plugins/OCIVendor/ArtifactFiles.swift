import ArtifactTypes
import Provisioning

/// The layers of a manifest as files to be fetched, and those that say how a model is run.
struct ArtifactFiles: Sendable {
    let reference: OCIReference
    let manifest: Manifest
    /// Where a layer can be had, in order of preference.
    let sources: @Sendable (Digest) -> [RemoteSource]

    /// More layers than any artifact has.
    private static let layerLimit = 10_000

    /// Every layer with its digest and kind.
    /// - Throws: `.unsafeContent` for foreign layers, and for what is no digest.
    func layers() throws(ProvisionError) -> [(layer: Descriptor, digest: Digest, kind: LayerKind?)] {
        guard manifest.layers.count <= Self.layerLimit else {
            throw ProvisionError(.unsafeContent, "\(reference.subject) has \(manifest.layers.count) layers")
        }
        var layers: [(layer: Descriptor, digest: Digest, kind: LayerKind?)] = []
        for layer in manifest.layers {
            layers.append((layer, try layer.checked(in: reference.subject), LayerKind(layer)))
        }
        return layers
    }

    /// The files of a model, in the order of the layers.
    /// - Throws: `.unsafeContent` for names that climb or stand for two files; `.unsupported` where there are none.
    func model(_ progress: ProgressSink) throws(ProvisionError) -> [RemoteFile] {
        let layers = try layers()
        var names = LayerNames(
            stem: reference.fileStem, layers: layers.compactMap { layer in layer.kind.map { (layer.layer, $0) } })
        var files: [RemoteFile] = []
        var paths = Set<RelativePath>()
        for (index, (layer, digest, kind)) in layers.enumerated() {
            let path: RelativePath
            var unpack = Unpack.none
            switch kind {
            case .template, .system, .parameters: continue
            case .file(let role):
                do throws(ProvisionError) {
                    path = try names.path(of: layer, role)
                } catch {
                    throw error.of(reference.subject)
                }
            case .archive:
                // Its entries bring their names; this one is for messages.
                path = try archivePath(index)
                unpack = .archive(strip: 0)
            case .fileSystem:
                throw ProvisionError(
                    .unsupported, "\(reference.subject) is a container's image and no model",
                    remedy: "push the model's files as an OCI artifact, one a layer")
            case nil:
                progress(
                    .notice(
                        "\(reference.subject): passed over a layer of type \(layer.type.visiblyEscaped.prefix(100))"))
                continue
            }
            guard paths.insert(path).inserted else {
                throw ProvisionError(.unsafeContent, "\(reference.subject): two layers are called \(path)")
            }
            files.append(
                RemoteFile(path: path, size: layer.size, digest: digest, sources: sources(digest), unpack: unpack))
        }
        guard !files.isEmpty else {
            let types = Set(layers.map { String($0.layer.type.visiblyEscaped.prefix(80)) }).sorted().prefix(5)
            throw ProvisionError(
                .unsupported,
                "\(reference.subject) has no layer that is a model's file: \(types.joined(separator: ", "))")
        }
        return files
    }

    /// The one file of a worker: an archive or the program itself.
    func worker() throws(ProvisionError) -> RemoteFile {
        let layers = try layers()
        guard let (layer, digest, kind) = layers.first, layers.count == 1 else {
            throw ProvisionError(
                .unsupported, "\(reference.subject) has \(layers.count) layers, and a worker is one",
                remedy: "push an archive or the program as an OCI artifact of one layer")
        }
        let isArchive = kind == .archive || kind == .fileSystem
        let name = LayerKind.title(of: layer) ?? "\(reference.fileStem)\(isArchive ? ".tar" : "")"
        do {
            let (path, unpack) = try Unpack.payload(of: RelativePath(RelativePath(name).lastComponent))
            return RemoteFile(
                path: path, size: layer.size, digest: digest, sources: sources(digest),
                unpack: isArchive ? .archive(strip: nil) : unpack)
        } catch {
            throw ProvisionError(.unsafeContent, "\(reference.subject): a layer is refused: \(error.description)")
        }
    }

    private func archivePath(_ index: Int) throws(ProvisionError) -> RelativePath {
        do {
            return try RelativePath("layer-\(index + 1).tar")
        } catch {
            throw ProvisionError(.invalid, error.description)
        }
    }
}
