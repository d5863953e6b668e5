public import ArtifactTypes
import Provisioning

/// What a worker is called: `name-variant-version-platform`, the id under which it is catalogued. The variant has the
/// version of its toolkit where an archive's name tells it: `tool-cuda12.4-1.0-linux`.
public struct WorkerName: Sendable, Hashable {
    public var name: String
    public var variant: Accelerator
    public var version: String
    public var platform: OperatingSystem
    /// The processor that a release archive's name tells; nil where it tells none.
    public var arch: String?
    /// The version of the toolkit that it is made for, as `12.4`, likewise. Variants of two of them are two workers.
    public var toolkit: String?

    public init(
        name: String, variant: Accelerator, version: String, platform: OperatingSystem = HostPlatform.current.os,
        arch: String? = nil, toolkit: String? = nil
    ) {
        self.toolkit = toolkit
        self.name = name
        self.variant = variant
        self.version = version
        self.platform = platform
        self.arch = arch
    }

    public var id: String { "\(name)-\(variant.rawValue)\(toolkit ?? "")-\(version)-\(platform.rawValue)" }

    /// Whether it is made of what an id, a folder and a link may be called: letters, digits, `.`, `_`, `+` and `-`.
    public var isValid: Bool {
        guard !name.isEmpty, !version.isEmpty, !name.hasPrefix("."), !name.hasPrefix("-") else { return false }
        return id.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._+-".contains($0)) }
    }

    /// The version that a git checkout has: a tag that points at exactly its commit, without the `v` before a number,
    /// else the commit's first eight digits.
    static func version(tag: String?, commit: String) -> String {
        guard let tag else { return String(commit.prefix(8)) }
        let digits = tag.hasPrefix("v") && tag.dropFirst().first?.isNumber == true ? tag.dropFirst() : Substring(tag)
        return String(digits.map { ($0.isASCII && ($0.isLetter || $0.isNumber)) || "._+-".contains($0) ? $0 : "-" })
    }

    /// Reads an archive's name, `NAME[-VERSION][-OS][-ARCH][-VARIANT]`, the parts after the name in any order; `_` may
    /// stand between them too (`tool_1.0.0_linux_amd64`), the system may be a target triple or `ubuntu-22.04`, the version
    /// a prerelease (`1.0.0-rc.1`), and the variant have its toolkit's version (`cuda12.4`, `cuda-12.4`).
    ///
    /// - Parameter fallback: the version where the name tells none, which it may tell in the same words (`b4567`).
    init(archive: String, fallback: String) {
        var rest = Unpack.stem(of: archive)[...]
        var parsed = WorkerName(name: "", variant: .cpu, version: fallback)
        var hasVersion = false
        var hasPlatform = false
        while let (word, before) = Self.lastWord(of: rest) {
            if let (variant, toolkit) = Self.accelerator(word) {
                parsed.variant = variant
                parsed.toolkit = parsed.toolkit ?? toolkit
            } else if Self.isToolkit(word, of: Self.lastWord(of: before)?.word) {
                parsed.toolkit = word
            } else if Self.lastWord(of: before)?.word == "ubuntu", Self.ubuntu.contains(where: word.hasSuffix) {
                // Where it was built.
            } else if word == "bin", hasPlatform {
                // It says what every such archive is.
            } else if !hasVersion, word == fallback.lowercased() {
                hasVersion = true
            } else if let platform = Self.platforms[word] {
                parsed.platform = platform
                hasPlatform = true
            } else if let arch = Self.architectures[word] {
                parsed.arch = arch
            } else if Self.libraries.contains(word), Self.lastWord(of: before)?.word == "linux" {
                // Whose C library it is linked to.
            } else if Self.makers.contains(word), hasPlatform {
                // The middle of a target triple.
            } else if !hasVersion, let (version, front) = Self.lastVersion(of: rest) {
                parsed.version = version
                hasVersion = true
                rest = front
                continue
            } else {
                break
            }
            rest = before
        }
        parsed.name = String(rest)
        self = parsed
    }

    /// The part behind the last `-` or `_`, in lower case, and what is in front of it; nil where nothing is.
    private static func lastWord(of text: Substring) -> (word: String, before: Substring)? {
        let lower = text.lowercased()
        for arch in architectures.keys where arch.contains("_") && lower.hasSuffix(arch) {
            let before = text.dropLast(arch.count)
            if let separator = before.last, separator == "-" || separator == "_" { return (arch, before.dropLast()) }
        }
        guard let end = text.lastIndex(where: { $0 == "-" || $0 == "_" }), end > text.startIndex else { return nil }
        return (text[text.index(after: end)...].lowercased(), text[..<end])
    }

    private static let platforms: [String: OperatingSystem] = [
        "linux": .linux, "ubuntu": .linux, "macos": .macos, "darwin": .macos, "windows": .windows, "win": .windows,
        "win64": .windows,
    ]
    /// What the versions of Ubuntu end with.
    private static let ubuntu = [".04", ".10"]
    private static let architectures = [
        "x86_64": "x86_64", "amd64": "x86_64", "x64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64",
    ]
    private static let libraries: Set<String> = ["gnu", "musl"]
    private static let makers: Set<String> = ["unknown", "pc", "apple"]
    private static let prereleases: Set<String> = ["alpha", "beta", "dev", "nightly", "pre", "preview", "rc"]

    /// The version that `text` ends with, and what is in front of it.
    private static func lastVersion(of text: Substring) -> (version: String, before: Substring)? {
        guard let (word, before) = lastWord(of: text) else { return nil }
        if isPrerelease(word), let (version, front) = lastNumber(of: before) { return ("\(version)-\(word)", front) }
        return lastNumber(of: text)
    }

    private static func lastNumber(of text: Substring) -> (version: String, before: Substring)? {
        guard let (word, before) = lastWord(of: text), let version = version(word),
            version.contains(".") || text[before.endIndex] == "-"
        else { return nil }
        return (version, before)
    }

    private static func version(_ word: String) -> String? {
        let digits = word.hasPrefix("v") ? word.dropFirst() : Substring(word)
        guard digits.first?.isNumber == true else { return nil }
        return String(digits)
    }

    /// `cuda`, and `cuda12.4` too, which names the toolkit's version.
    private static func accelerator(_ word: String) -> (variant: Accelerator, toolkit: String?)? {
        let toolkit = word.drop { $0.isLetter }
        guard let variant = Accelerator(rawValue: String(word.dropLast(toolkit.count))) else { return nil }
        if toolkit.isEmpty { return (variant, nil) }
        guard variant == .cuda || variant == .rocm, toolkit.last?.isNumber == true,
            toolkit.allSatisfy({ $0.isNumber || $0 == "." })
        else { return nil }
        return (variant, String(toolkit))
    }

    /// Whether a number behind `cuda` or `rocm` is the toolkit's version, and not the worker's.
    private static func isToolkit(_ word: String, of variant: String?) -> Bool {
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isNumber) }),
            let major = Int(parts[0])
        else { return false }
        return variant == "cuda" && (9...19).contains(major) || variant == "rocm" && (4...9).contains(major)
    }

    /// What may stand behind a version: `rc.1`, `beta2`, `alpha`.
    private static func isPrerelease(_ word: String) -> Bool {
        let stage = word.prefix { $0.isLetter }
        return prereleases.contains(String(stage))
            && word.dropFirst(stage.count).allSatisfy { $0.isNumber || $0 == "." }
    }
}
