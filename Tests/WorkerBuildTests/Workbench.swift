import ArtifactTypes
import Processes
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WorkerBuild

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A checkout, a scratch folder, a user with a home, and a builder for that user.
struct Workbench: Sendable {
    static let canary = "canary-5d81-token"

    let folder: TemporaryDirectory
    let environment: [String: String]
    var checkout: FilePath { folder.path.appending("checkout") }
    var scratch: FilePath { folder.path.appending("scratch") }
    var home: FilePath { folder.path.appending("home") }
    var log: FilePath { folder.path.appending("build.log") }

    init(_ files: [String: String] = [:]) throws {
        folder = try TemporaryDirectory()
        for (name, text) in files { try folder.write(text.utf8, to: "checkout/\(name)") }
        for name in ["checkout", "home"] { mkdir(folder.path.appending(name).string, 0o700) }
        try folder.write(Self.canary.utf8, to: "home/token")
        var environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder.path.appending("home").string]
        environment["SECRET_TOKEN"] = Self.canary
        self.environment = environment
    }

    static func table(
        _ build: [String], network: [String] = [], binary: String = "worker", directory: RelativePath? = nil,
        requires: [String: [String]] = [:]
    ) -> WorkerRecipeTable {
        WorkerRecipeTable(
            name: "test-worker", variants: [.cpu, .cuda], directory: directory, network: network, build: build,
            binary: binary, requires: requires)
    }

    func build(
        _ table: WorkerRecipeTable, variant: Accelerator = .cpu, mode: SandboxMode = .require,
        limits: BuildLimits = BuildLimits(time: .seconds(50)), environment: [String: String]? = nil,
        onLine: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> BuildOutput {
        let recipe = try BuildRecipe(table: table, variant: variant)
        let builder = WorkerBuilder(
            sandbox: try await Sandbox(mode: mode, environment: environment ?? self.environment))
        return try await builder.build(
            recipe, checkout: checkout, scratch: scratch, limits: limits, jobs: 3, log: log,
            progress: BuildProgress(line: onLine))
    }

    /// The error that the lines end in.
    func failure(
        _ build: [String], binary: String = "worker", limits: BuildLimits = BuildLimits(time: .seconds(50))
    ) async -> BuildError? {
        await #expect(throws: BuildError.self) {
            try await self.build(Self.table(build, binary: binary), limits: limits)
        }
    }
}

/// Whether bubblewrap can work here; where it cannot, the tests that need it say so and are skipped.
enum SandboxAvailability {
    static func check() async -> Bool {
        let path = ["PATH": "/usr/local/bin:/usr/bin:/bin"]
        do {
            _ = try await Sandbox(mode: .require, environment: path)
            return true
        } catch {
            return false
        }
    }
}

extension Trait where Self == ConditionTrait {
    static var sandboxed: Self {
        .enabled("bubblewrap is not installed, or the kernel refuses it") { await SandboxAvailability.check() }
    }
}

/// Collects lines.
final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func take(_ line: String) { lines.withLock { $0.append(line) } }
}

/// The processes that have `word` as one of their arguments.
func processes(with word: String) -> [Int32] {
    guard let folder = opendir("/proc") else { return [] }
    defer { closedir(folder) }
    var found: [Int32] = []
    while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        guard let process = Int32(name), let line = text("/proc/\(name)/cmdline") else { continue }
        if line.split(separator: "\0").contains(where: { $0 == word }) { found.append(process) }
    }
    return found
}

func text(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
    return String(decoding: bytes, as: UTF8.self)
}
