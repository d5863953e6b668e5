import ArtifactTypes
import ModelFormats

/// Which files of a model hold its weights.
enum WeightFiles {
    /// The one file that a worker is started with: the only GGUF, or the first of its shards.
    static func main(of paths: [RelativePath]) -> RelativePath? {
        let models = paths.filter { $0.string.lowercased().hasSuffix(".gguf") && !$0.isProjector }
        let firsts = models.filter { ShardName($0)?.index ?? 1 == 1 }
        return firsts.count == 1 ? firsts[0] : nil
    }

    /// The main file with its shards, else every safetensors file.
    static func all(of paths: [RelativePath]) -> [RelativePath] {
        guard let main = main(of: paths) else {
            return paths.filter { $0.string.lowercased().hasSuffix(".safetensors") }
        }
        guard let first = ShardName(main) else { return [main] }
        return paths.filter { ShardName($0)?.isSameSet(as: first) ?? false }
    }
}
