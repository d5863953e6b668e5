import ArtifactTypes
import SystemPackage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The folders that a build works in, and what every one of its lines is given.
struct Workshop: Sendable {
    let checkout: FilePath
    let scratch: FilePath
    let folders: ToolFolders
    private let recipe: BuildRecipe
    private let sandbox: Sandbox
    private let jobs: Int
    private let home: FilePath
    private let temporary: FilePath
    private let mounts: [Mount]
    /// What counts against the disk limit.
    let watched: [FilePath]
    private let cacheVariables: [String: String]
    /// Variables that decide what a compiler makes, beside those that only say where things are.
    let flags: [String: String]

    /// - Parameter caches: the folder of this worker's own caches; nil where none is kept.
    /// - Throws: `io` where the folders cannot be made.
    init(
        _ recipe: BuildRecipe, checkout: FilePath, scratch: FilePath, caches: FilePath?, sandbox: Sandbox, jobs: Int
    ) throws(BuildError) {
        self.recipe = recipe
        self.sandbox = sandbox
        self.jobs = max(1, jobs)
        self.checkout = checkout
        self.scratch = scratch
        folders = ToolFolders(environment: sandbox.environment, toolchains: recipe.toolchains)
        home = scratch.appending("home")
        temporary = scratch.appending("tmp")
        for folder in [scratch, home, temporary] { try makeFolder(folder) }
        flags = ["variant": recipe.variant.rawValue].merging(
            recipe.pkgbuild == nil ? [:] : Self.packageFlags(recipe.variant)
        ) { $1 }
        var mounts = folders.mounts
        mounts.append(Mount(writable: checkout, at: "/build/checkout"))
        mounts.append(Mount(writable: home, at: "/build/home"))
        mounts.append(Mount(writable: temporary, at: "/tmp"))
        var cacheVariables: [String: String] = [:]
        var watched = [checkout, scratch]
        if sandbox.mode == .require {
            for cache in recipe.caches {
                guard let source = try cache.source(kept: caches, sandbox.environment) else { continue }
                mounts.append(
                    cache.mode == .private
                        ? Mount(writable: source, at: cache.target) : Mount(readOnly: source, at: cache.target))
                if cache.mode == .private { watched.append(source) }
                cacheVariables.merge(cache.variables) { $1 }
            }
            mounts += try Self.accounts(in: scratch)
            if let authorities = Self.authorities(sandbox.environment) { mounts.append(authorities) }
        }
        self.mounts = mounts
        self.cacheVariables = cacheVariables
        self.watched = watched
    }

    /// A line of the recipe. It reaches `sh` as one argument and `variant` and `jobs` as variables: nothing is pasted.
    func step(_ line: String, network: Bool) -> SandboxedStep {
        var step = step(["/bin/sh", "-ec", line], network: network)
        step.workingDirectory = recipe.directory.map { checkout.appending($0.string) } ?? checkout
        return step
    }

    /// A command with what every command of a build has.
    ///
    /// - Parameter more: mounts beside them; the last of two at one place counts.
    func step(_ command: [String], network: Bool, more: [Mount] = []) -> SandboxedStep {
        var step = SandboxedStep(command: command, mounts: mounts + more, network: network)
        step.searchPath = sandbox.mode == .require ? folders.visible : folders.all
        let paths = folders.variables.merging(
            ["HOME": home, "TMPDIR": temporary, "CARGO_HOME": home.appending(".cargo")]) { $1 }
        step.variables = paths.mapValues { step.inside($0, sandbox.mode).string }
        step.variables.merge(flags) { $1 }
        step.variables.merge(cacheVariables) { $1 }
        step.variables["jobs"] = String(jobs)
        // What these build programs go by where a line does not say.
        step.variables["CARGO_BUILD_JOBS"] = String(jobs)
        step.variables["CMAKE_BUILD_PARALLEL_LEVEL"] = String(jobs)
        if network, mounts.contains(where: { $0.target == Self.authoritiesPath }) {
            for name in ["SSL_CERT_FILE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "CARGO_HTTP_CAINFO"] {
                step.variables[name] = Self.authoritiesPath.string
            }
        }
        return step
    }

    /// What makepkg's configuration gives to every PKGBUILD.
    private static func packageFlags(_ variant: Accelerator) -> [String: String] {
        let processor = HostPlatform.current.arch
        return [
            "RBEE_FEATURES": variant.rawValue, "CARCH": processor, "CFLAGS": "-O2 -pipe", "CXXFLAGS": "-O2 -pipe",
            "CHOST": processor == "x86_64" ? "x86_64-pc-linux-gnu" : "\(processor)-unknown-linux-gnu",
        ]
    }

    /// Programs look their user up; the real list names the machine's people.
    private static func accounts(in scratch: FilePath) throws(BuildError) -> [Mount] {
        let user = geteuid()
        let group = getegid()
        var users = "root:x:0:0:root:/build/home:/bin/sh\n"
        var groups = "root:x:0:\n"
        if user != 0 { users += "builder:x:\(user):\(group):builder:/build/home:/bin/sh\n" }
        if group != 0 { groups += "builder:x:\(group):\n" }
        var mounts: [Mount] = []
        for (name, text) in [("passwd", users), ("group", groups)] {
            let file = scratch.appending(name)
            do {
                let descriptor = try FileDescriptor.open(
                    file, .writeOnly, options: [.create, .truncate, .noFollow, .closeOnExec],
                    permissions: [.ownerReadWrite])
                _ = try descriptor.closeAfter { try descriptor.writeAll(text.utf8) }
            } catch {
                throw BuildError(.io, "cannot write \(file): \(error)")
            }
            mounts.append(Mount(readOnly: file, at: FilePath("/etc").appending(name)))
        }
        return mounts
    }

    private static let authoritiesPath: FilePath = "/build/authorities.pem"

    /// The user's own list of certificate authorities, as a network's inspecting proxy makes necessary.
    private static func authorities(_ environment: [String: String]) -> Mount? {
        guard let path = environment["SSL_CERT_FILE"] ?? environment["CURL_CA_BUNDLE"],
            let file = resolved(FilePath(path)), !isFolder(file)
        else { return nil }
        return Mount(readOnly: file, at: authoritiesPath)
    }
}

/// Makes a folder for nobody else's eyes, unless it is there.
func makeFolder(_ folder: FilePath) throws(BuildError) {
    guard mkdir(folder.string, 0o700) == 0 || errno == EEXIST else {
        throw BuildError(.io, "cannot make \(folder): \(Errno(rawValue: errno))")
    }
}
