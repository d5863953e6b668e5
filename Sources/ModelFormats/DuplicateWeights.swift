import ArtifactTypes

/// Which files of a repository hold weights that others hold too. The safetensors that a runtime loads by itself are
/// kept; where there are none, nothing is a duplicate.
///
/// - Other formats, in any folder: ONNX, TensorFlow, Flax, Core ML, GGUF; a pickle where its folder has safetensors.
/// - A variant (`model.fp16.safetensors`) beside the plain file or set of its name.
/// - Single files at the root of a diffusion pipeline (`model_index.json`), whose parts have folders of their own.
/// - The maker's own layout (`consolidated*`, `original/`, `metal/`) beside `model*.safetensors`.
struct DuplicateWeights {
    private let hasSafetensors: Bool
    private let isPipeline: Bool
    private let hasModelFile: Bool
    private let foldersWithSafetensors: Set<String>
    /// Of safetensors without a variant: the path up to the number of a shard.
    private let plainStems: Set<String>

    init(_ paths: [RelativePath]) {
        let weights = paths.filter(\.isSafetensors)
        hasSafetensors = !weights.isEmpty
        hasModelFile = weights.contains { $0.string.hasPrefix("model") }
        foldersWithSafetensors = Set(weights.map { $0.parent?.string ?? "" })
        isPipeline = paths.contains { $0.string == "model_index.json" } && weights.contains { $0.parent != nil }
        plainStems = Set(
            weights.compactMap { path in
                let name = WeightName(path)
                return name.variant == nil ? name.stem : nil
            })
    }

    func contain(_ path: RelativePath) -> Bool {
        guard hasSafetensors else { return false }
        if path.isOtherFormat || (hasModelFile && Self.isOriginal(path)) { return true }
        if path.isPickle { return foldersWithSafetensors.contains(path.parent?.string ?? "") }
        guard path.isSafetensors || path.lowercased.contains(".safetensors.index.") else { return false }
        let name = WeightName(path)
        if name.variant != nil, plainStems.contains(name.stem) { return true }
        return isPipeline && path.parent == nil && path.isSafetensors
    }

    private static func isOriginal(_ path: RelativePath) -> Bool {
        let isWeights = path.isSafetensors || path.lowercased.hasSuffix(".bin")
        return isWeights && ["consolidated", "original/", "metal/"].contains(where: path.string.hasPrefix)
    }
}

/// A file of weights by the parts of its name: `unet/model.fp16-00001-of-00002.safetensors`.
private struct WeightName {
    /// Folder and name, as `unet/model`.
    let stem: String
    let variant: String?

    /// Precisions and kinds of weights, as file names spell them. Other words after a dot may be names.
    private static let variants: Set<String> = [
        "fp16", "bf16", "fp32", "f16", "f32", "fp8", "int8", "ema", "non_ema", "ema_only",
    ]

    init(_ path: RelativePath) {
        let text = path.lowercased
        // The index of a variant's shards: `model.safetensors.index.fp16.json`.
        let halves = text.split(separator: ".safetensors.index.", maxSplits: 1)
        if halves.count == 2, halves[1].hasSuffix(".json") {
            let word = String(halves[1].dropLast(".json".count))
            stem = String(halves[0])
            variant = Self.variants.contains(word) ? word : nil
            return
        }
        let suffix = ".safetensors"
        let name = ShardName(text)?.stem ?? (text.hasSuffix(suffix) ? String(text.dropLast(suffix.count)) : text)
        let word = name.lastIndex(of: ".").map { String(name[name.index(after: $0)...]) } ?? ""
        if Self.variants.contains(word) {
            stem = String(name.dropLast(word.count + 1))
            variant = word
        } else {
            stem = name
            variant = nil
        }
    }
}

extension RelativePath {
    /// Formats of weights beside safetensors and pickles: where there are safetensors too, the same weights again.
    var isOtherFormat: Bool {
        let suffixes = [
            ".h5", ".msgpack", ".ot", ".onnx", ".onnx_data", ".onnx.data", ".tflite", ".mlmodel", ".gguf", ".npz",
            ".pb",
        ]
        return suffixes.contains(where: lowercased.hasSuffix)
            || [".mlpackage/", ".mlmodelc/", "variables/variables."].contains(where: lowercased.contains)
    }
}
