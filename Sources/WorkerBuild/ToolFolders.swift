import ArtifactTypes
import Processes
import SystemPackage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where this machine's tools lie, and which of these folders a sandboxed build sees.
///
/// Searched are the folders of PATH, then those of the toolkits that CUDA_HOME (or CUDA_PATH) and ROCM_PATH name, then
/// those that the CUDA and ROCm installers use without adding them to PATH.
/// Visible are folders below what the sandbox mounts: the system's, the accelerators', and cargo's where the recipe
/// names the toolchain.
struct ToolFolders: Sendable {
    /// Every folder, in the order of the search.
    let all: [FilePath]
    /// Those that a build sees.
    let visible: [FilePath]
    /// What is mounted read-only for them, beside the system.
    let mounts: [Mount]
    /// Variables that lead to the toolchains, with paths of this machine.
    let variables: [String: FilePath]

    init(environment: [String: String], toolchains: [BuildRecipe.Toolchain]) {
        var folders = (environment["PATH"] ?? "").split(separator: ":").filter { $0.hasPrefix("/") }
            .map { FilePath(String($0)) }
        var mounts: [Mount] = []
        var variables: [String: FilePath] = [:]
        for (name, kit) in Self.namedToolkits(environment) {
            // It may lie in the user's home, as one that pip or conda installed does: the build sees it elsewhere.
            if !SystemMounts.roots.contains(where: kit.starts) {
                mounts.append(Mount(readOnly: kit, at: FilePath("/build/toolkits").appending(name)))
            }
            variables[name] = kit
            let programs = kit.appending("bin")
            if !folders.contains(programs) { folders.append(programs) }
        }
        for folder in Self.acceleratorFolders where !folders.contains(folder) { folders.append(folder) }
        mounts += Self.acceleratorMounts
        if toolchains.contains(.rust) {
            let rust = RustFolders(environment: environment)
            mounts += rust.mounts
            variables.merge(rust.variables) { $1 }
            if let programs = rust.programs, !folders.contains(programs) { folders.append(programs) }
        }
        all = folders.filter(isFolder)
        self.mounts = mounts
        self.variables = variables
        let roots = SystemMounts.roots + mounts.map(\.source)
        visible = all.filter { folder in roots.contains { folder.starts(with: $0) } }
    }

    /// The tool as a build finds it. A link that leads out of what is visible is none.
    func find(_ tool: String, sandboxed: Bool) -> FilePath? {
        guard sandboxed else { return search(tool, all) }
        let roots = SystemMounts.roots + mounts.map(\.source)
        for folder in visible {
            guard let path = search(tool, [folder]), let target = resolved(path) else { continue }
            if roots.contains(where: { target.starts(with: resolved($0) ?? $0) }) { return path }
        }
        return nil
    }

    private func search(_ tool: String, _ folders: [FilePath]) -> FilePath? {
        findExecutable(tool, path: folders.map(\.string).joined(separator: ":"))
    }

    /// Toolkits that the user named, with their links resolved.
    private static func namedToolkits(_ environment: [String: String]) -> [(name: String, folder: FilePath)] {
        let cuda = environment["CUDA_HOME"] ?? environment["CUDA_PATH"]
        let named = [("CUDA_HOME", cuda, "nvcc"), ("ROCM_PATH", environment["ROCM_PATH"], "hipcc")]
        return named.compactMap { name, path, compiler in
            // A folder without the compiler is none, whatever it holds: nothing of it is shown.
            guard let path, path.hasPrefix("/"), let folder = resolved(FilePath(path)), folder.components.count > 1,
                findExecutable(folder.appending("bin/\(compiler)").string, path: nil) != nil
            else { return nil }
            return (name, folder)
        }
    }

    private static let acceleratorFolders: [FilePath] = ["/usr/local/cuda/bin", "/opt/cuda/bin", "/opt/rocm/bin"]

    /// Installed outside /usr, or linked there from it.
    private static var acceleratorMounts: [Mount] {
        var mounts = ["/opt/cuda", "/opt/rocm"].map { FilePath($0) }.filter(isFolder).map { Mount(readOnly: $0) }
        if let cuda = resolved("/usr/local/cuda"), !cuda.starts(with: "/usr") { mounts.append(Mount(readOnly: cuda)) }
        // /opt/rocm is a link to /opt/rocm-6.1 and the like.
        if let rocm = resolved("/opt/rocm"), rocm != "/opt/rocm" { mounts.append(Mount(readOnly: rocm)) }
        return mounts
    }
}

/// rustup's and cargo's folders: the programs and toolchains, and nothing else of what cargo keeps, which is the user's
/// registry tokens among other things.
private struct RustFolders {
    let programs: FilePath?
    let mounts: [Mount]
    let variables: [String: FilePath]

    init(environment: [String: String]) {
        let home = environment["HOME"].map { FilePath($0) }
        let cargo = environment["CARGO_HOME"].map { FilePath($0) } ?? home?.appending(".cargo")
        let rustup = environment["RUSTUP_HOME"].map { FilePath($0) } ?? home?.appending(".rustup")
        var mounts: [Mount] = []
        var variables: [String: FilePath] = [:]
        var found: FilePath?
        if let folder = cargo?.appending("bin"), isFolder(folder) {
            found = folder
            mounts.append(Mount(readOnly: folder, at: "/build/rust/bin"))
        }
        if let rustup, isFolder(rustup) {
            mounts.append(Mount(readOnly: rustup, at: "/build/rust/rustup"))
            variables["RUSTUP_HOME"] = rustup
        }
        programs = found
        self.mounts = mounts
        self.variables = variables
    }
}

func isFolder(_ path: FilePath) -> Bool {
    var status = stat()
    return stat(path.string, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// The path with its links followed; nil where it leads nowhere.
func resolved(_ path: FilePath) -> FilePath? {
    guard let text = realpath(path.string, nil) else { return nil }
    defer { free(text) }
    return FilePath(platformString: text)
}
