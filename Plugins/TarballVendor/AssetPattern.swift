import ArtifactTypes
import Provisioning

/// Which asset of a release is meant: a name with `*`, `?` and `{os}`, `{arch}`, `{variant}`, in any case of letters.
struct AssetPattern: Sendable {
    private let text: String
    /// Whether it is another pattern for each accelerator.
    let hasVariant: Bool
    private let platform: HostPlatform

    /// - Throws: `.invalid` for a placeholder that means nothing.
    init(_ text: String, platform: HostPlatform) throws(ProvisionError) {
        self.text = text.lowercased()
        self.platform = platform
        hasVariant = self.text.contains(Self.variant)
        let rest = ([Self.variant] + Self.names(on: platform).map(\.placeholder))
            .reduce(self.text) { $0.replacing($1, with: "") }
        if rest.contains(where: { "{}".contains($0) }) {
            throw ProvisionError(
                .invalid, "\"\(text.visiblyEscaped)\" has a placeholder that means nothing",
                remedy: "{os}, {arch} and {variant} are known")
        }
    }

    /// The names that fit. Of several spellings of this system the first that is there is meant.
    ///
    /// - Parameter variant: what stands for `{variant}`.
    func fitting(_ names: [String], variant: Accelerator) -> [String] {
        var patterns = [[text.replacing(Self.variant, with: variant.rawValue)]]
        for (placeholder, spellings) in Self.names(on: platform) {
            // Systems make ranks, spellings of a processor do not: nobody builds for both amd64 and x64.
            if placeholder == Self.system, text.contains(placeholder) {
                patterns = spellings.map { spelling in patterns[0].map { $0.replacing(placeholder, with: spelling) } }
            } else {
                patterns = patterns.map { rank in
                    rank.flatMap { pattern in spellings.map { pattern.replacing(placeholder, with: $0) } }
                }
            }
        }
        for rank in patterns {
            let patterns = Set(rank).map { Wildcard($0) }
            let found = names.filter { name in patterns.contains { $0.matches(name.lowercased()) } }
            if !found.isEmpty { return found }
        }
        return []
    }

    private static let variant = "{variant}"
    private static let system = "{os}"

    private static func names(on platform: HostPlatform) -> [(placeholder: String, spellings: [String])] {
        [(system, names(of: platform.os)), ("{arch}", names(ofArchitecture: platform.arch))]
    }

    private static func names(of system: OperatingSystem) -> [String] {
        switch system {
        case .linux:
            ["linux", "linux-gnu", "unknown-linux-gnu", "linux-musl", "unknown-linux-musl", "linux64", "ubuntu"]
        case .macos: ["macos", "darwin", "apple-darwin", "osx", "mac"]
        case .windows: ["windows", "win64", "pc-windows-msvc", "pc-windows-gnu", "win"]
        }
    }

    private static func names(ofArchitecture name: String) -> [String] {
        switch name {
        case "x86_64": ["x86_64", "amd64", "x64", "x86-64"]
        case "aarch64": ["aarch64", "arm64", "armv8"]
        default: [name.lowercased()]
        }
    }
}
