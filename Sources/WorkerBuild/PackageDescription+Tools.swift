extension PackageDescription {
    /// The programs of the packages that it wants, so far as they are known here by the names that Arch Linux gives
    /// them. One that compiles nothing needs no compiler: what its program wants to run, its first run shows.
    var tools: [String] { Self.tools(of: functions.contains("build") ? dependencies : buildDependencies) }

    /// The programs of packages, each once, so far as they are known here.
    public static func tools(of packages: [String]) -> [String] {
        var seen = Set<String>()
        return self.packages(packages).compactMap { programs[$0] }.filter { seen.insert($0).inserted }
    }

    /// Packages of which nothing here says whether the machine has them: libraries, mostly.
    public var unknownDependencies: [String] {
        dependencies.filter { Self.programs[$0] == nil && !Self.given.contains($0) }
    }

    /// What every machine has that builds anything, and git, by which nothing is fetched here.
    private static let given: Set = ["base-devel", "glibc", "gcc-libs", "bash", "coreutils", "sh", "git"]

    private static let programs = [
        "rust": "cargo", "cargo": "cargo", "cuda": "nvcc", "rocm": "hipcc",
        "hip-runtime-amd": "hipcc", "rocm-hip-sdk": "hipcc",
        "rocm-hip-runtime": "hipcc", "hipcc": "hipcc", "gcc": "gcc", "make": "make", "cmake": "cmake",
        "ninja": "ninja", "meson": "meson", "go": "go", "python": "python3", "clang": "clang", "lld": "ld.lld",
        "mold": "mold", "pkgconf": "pkg-config", "pkg-config": "pkg-config", "nodejs": "node", "npm": "npm",
        "protobuf": "protoc", "zig": "zig", "autoconf": "autoconf", "automake": "automake", "libtool": "libtool",
        "shaderc": "glslc", "swift-language": "swift", "swift": "swift",
    ]
}
