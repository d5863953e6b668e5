import Processes
import SystemPackage

/// What each tool says of its version. A tool that hangs, fails or floods is left out: provenance is no reason to fail.
func toolVersions(
    _ tools: [String], folders: ToolFolders, environment: [String: String], sandboxed: Bool
) async -> [String: String] {
    // A rustup shim finds its toolchains by HOME.
    var visible = environment.filter { ["HOME", "RUSTUP_HOME", "CARGO_HOME"].contains($0.key) }
    visible["PATH"] = folders.all.map(\.string).joined(separator: ":")
    visible["LANG"] = "C.UTF-8"
    return await withTaskGroup(of: (String, String)?.self) { [visible] group in
        for tool in tools {
            guard let path = folders.find(tool, sandboxed: sandboxed) else { continue }
            group.addTask {
                let request = ProcessRequest(
                    executable: path, arguments: ["--version"], environment: visible, timeout: .seconds(10),
                    outputLimit: 64 << 10)
                guard let outcome = try? await run(request), outcome.succeeded else { return nil }
                return versionLine(outcome.text).map { (tool, $0) }
            }
        }
        return await group.reduce(into: [:]) { versions, pair in
            if let (tool, version) = pair { versions[tool] = version }
        }
    }
}

/// The line with the version: the first, except where a banner precedes it, as nvcc has ("… release 12.4, V12.4.131").
private func versionLine(_ text: String) -> String? {
    let lines = text.split(separator: "\n").map { $0.prefix(200) }
    let line = lines.first { $0.contains("release ") } ?? lines.first
    return line.map { String($0) }
}
