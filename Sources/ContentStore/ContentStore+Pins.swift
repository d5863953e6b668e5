import ArtifactTypes
import SystemPackage

/// Pins: items that no policy of a garbage collection removes.
///
/// A pin is a file in `pins`, beside the trees and not in one: it outlives the tree that a newer revision replaces,
/// and the catalog that is made anew from the sidecars.
extension ContentStore {
    /// Pins an item, durably. One that is pinned already is fine.
    public func pin(_ item: StoreItem) throws(StoreError) {
        try FileSystem.write(Self.encode(item), to: pinPath(item), mode: [.ownerReadWrite])
        try FileSystem.syncFolder(pins)
    }

    /// Takes an item's pin away. One that has none is fine.
    public func unpin(_ item: StoreItem) throws(StoreError) {
        guard isPinned(item) else { return }
        try FileSystem.removeFile(pinPath(item))
        try FileSystem.syncFolder(pins)
    }

    public func isPinned(_ item: StoreItem) -> Bool {
        FileSystem.status(pinPath(item)) != nil
    }

    private var pins: FilePath { root.appending("pins") }
    private func pinPath(_ item: StoreItem) -> FilePath { pins.appending("\(item.kind.rawValue)-\(item.key)") }
}
