public import ContentStore
public import Provisioning

extension RemoteFile {
    /// A file of a tree as a vendor would list it, without a place to fetch it from.
    public init(_ file: SidecarFile) {
        self.init(path: file.path, size: file.size, digest: file.digest, sources: [])
    }
}
