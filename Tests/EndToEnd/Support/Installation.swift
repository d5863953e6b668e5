import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport

/// A store of a test's own, a hub of its own, and the built program run as a user runs it.
final class Installation: Sendable {
    let folder: TemporaryDirectory
    let hub: TestHub
    let store: FilePath
    let vendors: FilePath

    /// The folder of the built programs: the test bundle stands beside them.
    static let programs = FilePath((try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "")
        .removingLastComponent()

    /// - Parameter disk: where the store is to lie, if not beside the rest.
    init(_ options: TestHubOptions = TestHubOptions(), disk: FilePath? = nil) throws {
        folder = try TemporaryDirectory()
        hub = try TestHub.start(options)
        store = (disk ?? folder.path).appending("store")
        vendors = folder.path.appending("vendors.d")
        for name in ["home", "vendors.d"] {
            try FileManager.default.createDirectory(
                atPath: folder.path.appending(name).string, withIntermediateDirectories: true)
        }
    }

    deinit {
        hub.stop()
    }

    /// No variable of the machine reaches the program but PATH.
    var environment: [String: String] {
        [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "LANG": "C.UTF-8",
            "HOME": folder.path.appending("home").string, "RBEE_HOME": store.string, "HF_ENDPOINT": hub.hub,
            "RBEE_VENDORS_D": vendors.string, "GIT_CONFIG_NOSYSTEM": "1",
        ]
    }

    /// Runs the program to its end.
    func run(_ arguments: String..., environment extra: [String: String] = [:]) async throws -> Outcome {
        try await start(arguments, environment: extra).outcome()
    }

    func start(_ arguments: [String], environment extra: [String: String] = [:]) throws -> RunningProgram {
        try RunningProgram(
            Self.programs.appending("rbee-hive"), arguments,
            environment: environment.merging(extra) { _, new in new }, scratch: folder.path)
    }

    /// Writes a vendors.d file.
    func addVendor(_ name: String, _ text: String) throws {
        try folder.write(Array(text.utf8), to: "vendors.d/\(name)")
    }

    /// Everything below the store but locks and the catalog's own files, as relative paths of files.
    func storedFiles() throws -> [String] {
        let all = try FileManager.default.subpathsOfDirectory(atPath: store.string)
        return all.filter { path in
            var isFolder: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: store.appending(path).string, isDirectory: &isFolder)
            return exists && !isFolder.boolValue && !path.hasPrefix("locks/") && !path.hasPrefix("catalog.sqlite")
        }
    }

    /// Every byte that the program wrote and a secret could be in: store, home, and what it printed.
    func filesContaining(_ text: String) throws -> [String] {
        let needle = Data(text.utf8)
        let all = try FileManager.default.subpathsOfDirectory(atPath: folder.path.string)
        return all.filter { path in
            guard let data = FileManager.default.contents(atPath: folder.path.appending(path).string) else {
                return false
            }
            return data.range(of: needle) != nil
        }
    }
}

/// What a program printed and how it ended.
struct Outcome: Sendable {
    /// The exit code; 128 and more for a signal.
    let status: Int32
    let output: String
    let errors: String

    /// The lines of `--json` output, each an object.
    func events() throws -> [JSONValue] {
        try output.split(separator: "\n").map { try JSONDecoder().decode(JSONValue.self, from: Data($0.utf8)) }
    }

    func json() throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(output.utf8))
    }
}
