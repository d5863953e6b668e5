import Foundation

/// The package's manifest, as SwiftPM reads it.
struct Manifest: Decodable {
    struct Target: Decodable {
        struct Dependency: Decodable {
            /// `byName`, `target` or `product`, each with the name first.
            let name: String

            init(from decoder: any Decoder) throws {
                let kinds = try decoder.singleValueContainer().decode([String: [Item]].self)
                name = kinds.values.first?.first?.text ?? ""
            }

            /// The name is a text; what follows it (a package, a condition) may be anything.
            private struct Item: Decodable {
                let text: String?
                init(from decoder: any Decoder) throws {
                    text = try? decoder.singleValueContainer().decode(String.self)
                }
            }
        }

        let name: String
        let type: String
        let path: String?
        let dependencies: [Dependency]
    }

    let targets: [Target]

    /// The folders of Plugins but its worked examples, which are no part of the program.
    var vendorModules: [Target] {
        targets.filter { ($0.path?.hasPrefix("Plugins/") ?? false) && $0.path?.hasPrefix("Plugins/Examples/") == false }
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Runs `swift package dump-package` in a scratch folder of its own: the one in use is locked while tests run.
    static func load() throws -> Manifest {
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent(
            "rbee-manifest-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "swift", "package", "--package-path", root.path, "--scratch-path", scratch.path, "dump-package",
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return try JSONDecoder().decode(Manifest.self, from: data)
    }

    func dependencies(of name: String) -> Set<String> {
        Set(targets.first { $0.name == name }?.dependencies.map(\.name) ?? [])
    }

    /// Everything that `name` stands on, near and far.
    func reach(of name: String) -> Set<String> {
        var seen = Set<String>()
        var queue = Array(dependencies(of: name))
        while let next = queue.popLast() {
            if seen.insert(next).inserted { queue += dependencies(of: next) }
        }
        return seen
    }
}
