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

    /// - Throws: `io` where the folders cannot be made.
    init(_ recipe: BuildRecipe, checkout: FilePath, scratch: FilePath, sandbox: Sandbox, jobs: Int)
        throws(BuildError)
    {
        self.recipe = recipe
        self.sandbox = sandbox
        self.jobs = max(1, jobs)
        self.checkout = checkout
        self.scratch = scratch
        folders = ToolFolders(environment: sandbox.environment, toolchains: recipe.toolchains)
        home = scratch.appending("home")
        temporary = scratch.appending("tmp")
        for folder in [scratch, home, temporary] {
            guard mkdir(folder.string, 0o700) == 0 || errno == EEXIST else {
                throw BuildError(.io, "cannot make \(folder): \(Errno(rawValue: errno))")
            }
        }
        var mounts = folders.mounts
        mounts.append(Mount(writable: checkout, at: "/build/checkout"))
        mounts.append(Mount(writable: home, at: "/build/home"))
        mounts.append(Mount(writable: temporary, at: "/tmp"))
        if sandbox.mode == .require {
            mounts += try Self.accounts(in: scratch)
            if let authorities = Self.authorities(sandbox.environment) { mounts.append(authorities) }
        }
        self.mounts = mounts
    }

    /// A line of the recipe. It reaches `sh` as one argument and `variant` and `jobs` as variables: nothing is pasted.
    func step(_ line: String, network: Bool, limits: BuildLimits) -> SandboxedStep {
        var step = SandboxedStep(command: ["/bin/sh", "-ec", line], mounts: mounts, network: network, limits: limits)
        step.workingDirectory = recipe.directory.map { checkout.appending($0.string) } ?? checkout
        step.searchPath = sandbox.mode == .require ? folders.visible : folders.all
        let paths = folders.variables.merging(
            ["HOME": home, "TMPDIR": temporary, "CARGO_HOME": home.appending(".cargo")]) { $1 }
        step.variables = paths.mapValues { step.inside($0, sandbox.mode).string }
        step.variables["variant"] = recipe.variant.rawValue
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
