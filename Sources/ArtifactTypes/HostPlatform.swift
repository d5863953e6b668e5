/// An operating system that workers are built for.
public enum OperatingSystem: String, Codable, Sendable, CaseIterable {
    case linux
    case macos
    case windows
}

/// A machine's operating system and processor, as vendors are told them.
public struct HostPlatform: Codable, Sendable, Hashable, CustomStringConvertible {
    public let os: OperatingSystem
    /// The processor architecture by its usual name, as `x86_64` or `aarch64`.
    public let arch: String

    public init(os: OperatingSystem, arch: String) {
        self.os = os
        self.arch = arch
    }

    public var description: String { "\(os.rawValue)-\(arch)" }

    /// The machine that this program was compiled for.
    public static var current: HostPlatform {
        #if os(macOS)
            let os = OperatingSystem.macos
        #elseif os(Windows)
            let os = OperatingSystem.windows
        #else
            let os = OperatingSystem.linux
        #endif
        #if arch(arm64)
            return HostPlatform(os: os, arch: "aarch64")
        #else
            return HostPlatform(os: os, arch: "x86_64")
        #endif
    }
}
