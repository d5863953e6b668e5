public import ArtifactTypes
import FoundationEssentials
public import SystemPackage

extension ContentStore {
    /// 64 MiB: some 300,000 files.
    private static let maximumSidecar = 64 << 20

    /// What a published item's tree says of itself; nil where the item is not in the store.
    ///
    /// - Throws: `corrupt` where the sidecar is missing, cannot be read as one, or is another item's.
    public func sidecar(_ item: StoreItem) throws(StoreError) -> Sidecar? {
        let tree = treePath(item)
        guard FileSystem.status(tree) != nil else { return nil }
        let sidecar = try readSidecar(of: tree)
        guard sidecar.item == item else {
            throw StoreError(.corrupt, "\(tree.visible) holds the \(sidecar.item), not the \(item)")
        }
        return sidecar
    }

    /// All published items of a kind. One that is broken is told of and does not stop the rest.
    public func sidecars(_ kind: ArtifactKind) throws(StoreError) -> (whole: [Sidecar], broken: [BrokenTree]) {
        var result: (whole: [Sidecar], broken: [BrokenTree]) = ([], [])
        for name in try FileSystem.names(in: folder(of: kind)) {
            let tree = folder(of: kind).appending(name)
            do throws(StoreError) {
                let sidecar = try readSidecar(of: tree)
                guard sidecar.kind == kind, sidecar.item.key == name.string else {
                    throw StoreError(.corrupt, "\(tree.visible) holds the \(sidecar.item)")
                }
                result.whole.append(sidecar)
            } catch {
                result.broken.append(BrokenTree(path: tree, error: error))
            }
        }
        return result
    }

    private func readSidecar(of tree: FilePath) throws(StoreError) -> Sidecar {
        let path = tree.appending(Sidecar.fileName)
        do {
            let bytes = try FileSystem.read(path, limit: Self.maximumSidecar)
            return try JSONDecoder().decode(Sidecar.self, from: Data(bytes))
        } catch let error as StoreError where error.code != .io(errno: Errno.noSuchFileOrDirectory.rawValue) {
            throw error
        } catch is StoreError {
            throw StoreError(.corrupt, "\(tree.visible) has no \(Sidecar.fileName)")
        } catch {
            throw StoreError(.corrupt, "\(path.visible) is damaged: \(error)")
        }
    }
}

/// Something among the published trees that has no readable sidecar.
public struct BrokenTree: Sendable {
    public let path: FilePath
    public let error: StoreError
}

extension ContentStore {
    /// Whether every file of a published tree is there in its full size. Content is not read: that is `verify`.
    public func isComplete(_ sidecar: Sidecar) -> Bool { missingFiles(of: sidecar).isEmpty }

    /// The files of a published tree that are not there in their full size.
    public func missingFiles(of sidecar: Sidecar) -> [RelativePath] {
        let tree = treePath(sidecar.item)
        return sidecar.files.filter { file in
            guard let status = FileSystem.status(tree.appending(file.path.string)) else { return true }
            return status.type != .regular || status.size != file.size
        }.map(\.path)
    }
}
