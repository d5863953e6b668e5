import SystemPackage

/// What of one build the next one may use. It changes how long a build takes and not what it makes, so it is no part of
/// a recipe's digest.
public struct BuildCache: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// What cargo has downloaded: its registry.
        case cargo
        case ccache
    }

    public enum Mode: String, Sendable, Hashable {
        /// A folder of this worker's own, kept by the hive. What one of its builds puts there the next one finds.
        case `private`
        /// The user's own cache, which no build changes.
        case readOnly = "read-only"
    }

    public let kind: Kind
    public let mode: Mode

    /// Where the sandbox shows it.
    var target: FilePath { kind == .cargo ? "/build/home/.cargo/registry" : "/build/ccache" }

    /// The folder on this machine; nil where the user has none to show.
    ///
    /// - Parameter kept: the folder of this worker's own caches.
    func source(kept: FilePath?, _ environment: [String: String]) throws(BuildError) -> FilePath? {
        switch mode {
        case .private:
            guard let folder = kept?.appending(kind.rawValue) else { return nil }
            try makeFolder(folder)
            return folder
        case .readOnly:
            let home = environment["HOME"].map { FilePath($0) }
            let folder =
                switch kind {
                case .cargo:
                    (environment["CARGO_HOME"].map { FilePath($0) } ?? home?.appending(".cargo"))?.appending("registry")
                case .ccache: environment["CCACHE_DIR"].map { FilePath($0) } ?? home?.appending(".cache/ccache")
                }
            return folder.flatMap(resolved).flatMap { isFolder($0) ? $0 : nil }
        }
    }

    /// What its user goes by.
    var variables: [String: String] {
        guard kind == .ccache else { return [:] }
        var variables = ["CCACHE_DIR": target.string, "CCACHE_TEMPDIR": "/tmp"]
        if mode == .readOnly { variables["CCACHE_READONLY"] = "1" }
        return variables
    }
}
