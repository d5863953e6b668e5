import Archives
import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport

/// A folder to extract into, with a neighbour that no archive may touch.
final class Workshop: Sendable {
    let directory: TemporaryDirectory
    /// Where archives are extracted to; empty.
    let target: FilePath
    private let before: [String: String]

    init() throws {
        directory = try TemporaryDirectory()
        target = directory.path.appending("target")
        try FileManager.default.createDirectory(atPath: target.string, withIntermediateDirectories: false)
        try directory.write(Array("do not touch".utf8), to: "victim/secret")
        try directory.write(Array("nor this".utf8), to: "passwd")
        before = try Tree.snapshot(directory.path.appending("victim"))
    }

    func path(_ name: String) -> FilePath { directory.path.appending(name) }

    /// Whether everything beside the target is as it was; a link or file more counts as a change.
    func neighboursAreUntouched(besides made: Set<String>) throws -> Bool {
        let names = Set(try FileManager.default.contentsOfDirectory(atPath: directory.path.string))
        return try Tree.snapshot(path("victim")) == before
            && names.subtracting(made) == ["target", "victim", "passwd"]
            && FileManager.default.contents(atPath: path("passwd").string) == Data("nor this".utf8)
    }

    var targetIsEmpty: Bool {
        get throws { try FileManager.default.contentsOfDirectory(atPath: target.string).isEmpty }
    }

    func clearTarget() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: target.string) {
            try FileManager.default.removeItem(atPath: target.appending(name).string)
        }
    }

    /// A new folder `name` with the given files.
    func folder(_ name: String, _ files: [String: String]) throws -> FilePath {
        for (file, content) in files { try directory.write(Array(content.utf8), to: "\(name)/\(file)") }
        return path(name)
    }

    @discardableResult
    func extract(
        _ archive: FilePath, _ policy: ExtractionPolicy = ExtractionPolicy()
    ) async throws -> ExtractionReport {
        try await Archive.extract(archive, into: target, policy: policy)
    }

    @discardableResult
    func extract(
        _ bytes: [UInt8], named name: String = "archive", _ policy: ExtractionPolicy = ExtractionPolicy()
    ) async throws -> ExtractionReport {
        try await extract(try directory.write(bytes, to: name), policy)
    }
}

extension Workshop {
    /// Whether every file's digest in the report is that of what is on the disk.
    func hasDigests(_ report: ExtractionReport) throws -> Bool {
        try report.files.allSatisfy { file in
            let bytes = try Data(contentsOf: URL(fileURLWithPath: target.appending(file.path.string).string))
            return try file.digest?.hex == TestHub.sha256(of: .bytes(Array(bytes)))
        }
    }
}

/// A program of the machine, run to its end.
func run(_ words: [String], in folder: FilePath) throws {
    struct Failed: Error { let words: [String] }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.environment = ProcessInfo.processInfo.environment.merging(["LC_ALL": "C.UTF-8"]) { $1 }
    process.currentDirectoryURL = URL(fileURLWithPath: folder.string)
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    if process.terminationStatus != 0 { throw Failed(words: words) }
}

enum Tree {
    /// Every name below `root` with its kind, mode, size, time and content: equal trees have equal snapshots.
    static func snapshot(_ root: FilePath) throws -> [String: String] {
        var result: [String: String] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: root.string) {
            let path = root.appending(name)
            let stat = try path.stat(followTargetSymlink: false)
            let mode = String(stat.permissions.rawValue, radix: 8)
            switch stat.type {
            case .directory: result[name] = "folder \(mode)"
            case .symbolicLink:
                result[name] = "link \(try FileManager.default.destinationOfSymbolicLink(atPath: path.string))"
            default:
                let data = try Data(contentsOf: URL(fileURLWithPath: path.string), options: .mappedIfSafe)
                var hasher = Hasher()
                data.withUnsafeBytes { hasher.combine(bytes: $0) }
                result[name] =
                    "file \(mode) \(stat.size) \(stat.st_mtim.tv_sec) \(hasher.finalize()) links \(stat.linkCount)"
            }
        }
        return result
    }
}
