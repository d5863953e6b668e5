import ArtifactTypes
import SystemPackage

/// How a program shows that it computes on an accelerator. One of these is enough:
///
/// 1. it, or a library of its own that it is linked to, needs a library of the accelerator's runtime (ELF: DT_NEEDED);
/// 2. it carries code for the accelerator: a section that the compiler put it in, or PTX as text;
/// 3. it names such a library as a whole C string, as one that loads it by dlopen does (a statically linked libcudart
///    loads libcuda so).
///
/// A mention in a longer text, as in a message that CUDA was not found, is none. It is evidence of what was built in,
/// not that this machine's driver works.
struct AcceleratorEvidence: Sendable {
    /// Names of libraries up to `.so`.
    let libraries: [String]
    private let sections: [String]
    /// Bytes that stand in a program with code for the accelerator alone.
    private let markers: [String]

    /// Nil for what needs none.
    init?(_ variant: Accelerator) {
        switch variant {
        case .cpu:
            return nil
        case .cuda:
            libraries = ["libcuda", "libcudart", "libcublas", "libcublasLt", "libcudnn", "libnvrtc"]
            sections = [".nv_fatbin", ".nvFatBinSegment"]
            markers = [".target sm_"]
        case .rocm:
            libraries = ["libamdhip64", "libhipblas", "librocblas", "libhsa-runtime64", "libhiprtc"]
            sections = [".hip_fatbin", ".hipFatBinSegment"]
            markers = ["__CLANG_OFFLOAD_BUNDLE____START__"]
        case .metal:
            libraries = ["Metal.framework"]
            sections = []
            markers = ["/Metal.framework/"]
        }
    }

    /// Libraries of its own that are followed; a worker has a handful.
    private static let followed = 64

    func isIn(_ binary: FilePath, root: FilePath) throws -> Bool {
        var queue = [binary]
        var seen = Set(queue)
        let folders = [binary.removingLastComponent(), root, root.appending("lib"), root.appending("bin")]
        let search = ByteSearch(libraries.flatMap { ["\0\($0).so\0", "\0\($0).so."] } + markers)
        while !queue.isEmpty, seen.count <= Self.followed {
            let path = queue.removeFirst()
            let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
            defer { try? file.close() }
            let image = try ELFImage(file)
            if let image {
                if image.needed.contains(where: isRuntime) || !image.sections.isDisjoint(with: sections) { return true }
            }
            if try search.finds(in: file) { return true }
            for name in image?.needed ?? [] where (try? RelativePath(name))?.components.count == 1 {
                for candidate in folders.map({ $0.appending(name) }) where seen.insert(candidate).inserted {
                    if !isFolder(candidate), resolved(candidate) != nil { queue.append(candidate) }
                }
            }
        }
        return false
    }

    /// `libcudart.so.12` is `libcudart`.
    private func isRuntime(_ library: String) -> Bool {
        libraries.contains { library == $0 + ".so" || library.hasPrefix($0 + ".so.") }
    }
}
