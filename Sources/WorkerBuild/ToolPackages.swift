/// Which packages bring a tool.
enum ToolPackages {
    /// What to say of a missing tool: Debian's package first, for that is what the rest is tested on.
    static func advice(for tool: String) -> String {
        known[tool] ?? "install the package that brings \(tool)"
    }

    private static let known: [String: String] = [
        "nvcc": "install nvidia-cuda-toolkit (Debian, non-free) or cuda-toolkit (NVIDIA's repository)",
        "hipcc": "install hipcc (Debian) or rocm-hip-sdk (AMD's repository)",
        "rocminfo": "install rocminfo",
        "cargo": "install rustup (https://rustup.rs) or cargo (Debian)",
        "rustc": "install rustup (https://rustup.rs) or rustc (Debian)",
        "rustup": "install rustup (https://rustup.rs)",
        "cmake": "install cmake",
        "make": "install make",
        "cc": "install gcc or clang",
        "gcc": "install gcc",
        "c++": "install g++ or clang",
        "g++": "install g++",
        "clang": "install clang",
        "clang++": "install clang",
        "ld": "install binutils",
        "ld.lld": "install lld",
        "mold": "install mold",
        "git": "install git",
        "ninja": "install ninja-build",
        "meson": "install meson",
        "pkg-config": "install pkg-config",
        "autoconf": "install autoconf",
        "automake": "install automake",
        "libtool": "install libtool",
        "protoc": "install protobuf-compiler",
        "glslc": "install glslc or shaderc",
        "go": "install golang-go",
        "python3": "install python3",
        "node": "install nodejs",
        "npm": "install npm",
        "zig": "install zig",
        "curl": "install curl",
        "swift": "install swift (https://swift.org/install)",
        "xcrun": "install Xcode or its command line tools, on macOS",
    ]
}
