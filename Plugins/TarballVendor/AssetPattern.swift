import ArtifactTypes
import Provisioning

/// Which asset of a release is meant: a name with `*`, `?` and `{os}`, `{arch}`, `{variant}`, in any case of letters.
struct AssetPattern: Sendable {
    let text: String
    private let alternatives: [[Character]]

    /// - Throws: `.invalid` for a placeholder that means nothing.
    init(_ text: String, platform: HostPlatform) throws(ProvisionError) {
        self.text = text
        let names: [(String, [String])] = [
            ("{os}", Self.names(of: platform.os)), ("{arch}", Self.names(ofArchitecture: platform.arch)),
            ("{variant}", Accelerator.allCases.map(\.rawValue)),
        ]
        var patterns = [text.lowercased()]
        for (placeholder, values) in names where text.lowercased().contains(placeholder) {
            patterns = patterns.flatMap { pattern in values.map { pattern.replacing(placeholder, with: $0) } }
        }
        if let odd = patterns.first, odd.contains(where: { "{}".contains($0) }) {
            throw ProvisionError(
                .invalid, "\"\(text.visiblyEscaped)\" has a placeholder that means nothing",
                remedy: "{os}, {arch} and {variant} are known")
        }
        alternatives = patterns.map(Array.init)
    }

    func matches(_ name: String) -> Bool {
        let name = Array(name.lowercased())
        return alternatives.contains { Self.matches(name, $0) }
    }

    /// Goes back to the last `*` only, so that no name takes long.
    private static func matches(_ name: [Character], _ pattern: [Character]) -> Bool {
        var (index, place) = (0, 0)
        var star: (place: Int, index: Int)?
        while index < name.count {
            if place < pattern.count, pattern[place] == "*" {
                star = (place, index)
                place += 1
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == name[index] {
                index += 1
                place += 1
            } else if let last = star {
                star = (last.place, last.index + 1)
                index = last.index + 1
                place = last.place + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }

    private static func names(of system: OperatingSystem) -> [String] {
        switch system {
        case .linux: ["linux"]
        case .macos: ["macos", "darwin"]
        case .windows: ["windows", "win64"]
        }
    }

    private static func names(ofArchitecture name: String) -> [String] {
        switch name {
        case "x86_64": ["x86_64", "amd64", "x64"]
        case "aarch64": ["aarch64", "arm64"]
        default: [name.lowercased()]
        }
    }
}
