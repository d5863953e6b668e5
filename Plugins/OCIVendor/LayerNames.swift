import ArtifactTypes
import Provisioning

/// What the files of an artifact are called: as their packager called them, else after the artifact and what they are.
struct LayerNames: Sendable {
    /// Of the reference: its name and tag.
    let stem: String
    /// How many nameless layers there are of each role; such of weights are the shards of one set, in order.
    private let counts: [LayerKind.Role: Int]
    private var seen: [LayerKind.Role: Int] = [:]

    init(stem: String, layers: [(layer: Descriptor, kind: LayerKind)]) {
        self.stem = stem
        var counts: [LayerKind.Role: Int] = [:]
        for (layer, kind) in layers where LayerKind.title(of: layer) == nil {
            if case .file(let role) = kind { counts[role, default: 0] += 1 }
        }
        self.counts = counts
    }

    /// - Throws: `.unsafeContent` for a title that could leave its folder.
    mutating func path(of layer: Descriptor, _ role: LayerKind.Role) throws(ProvisionError) -> RelativePath {
        let name = LayerKind.title(of: layer) ?? nextName(role)
        do {
            return try RelativePath(name)
        } catch {
            throw ProvisionError(.unsafeContent, "a layer is refused: \(error.description)")
        }
    }

    private mutating func nextName(_ role: LayerKind.Role) -> String {
        let count = counts[role] ?? 1
        seen[role, default: 0] += 1
        let index = seen[role] ?? 1
        switch role {
        case .model: return stem + Self.shard(index, of: count) + ".gguf"
        case .safetensors: return "model" + Self.shard(index, of: count) + ".safetensors"
        case .projector: return "mmproj-\(stem)\(Self.numbered(index)).gguf"
        case .adapter: return "adapter-\(stem)\(Self.numbered(index)).lora"
        case .license: return "LICENSE\(Self.numbered(index))"
        case .chatTemplate: return "chat_template.jinja"
        case .messages: return "messages.json"
        case .other: return "\(stem)\(Self.numbered(index))"
        }
    }

    private static func shard(_ index: Int, of count: Int) -> String {
        count == 1 ? "" : "-\(padded(index))-of-\(padded(count))"
    }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }

    private static func numbered(_ index: Int) -> String { index == 1 ? "" : "-\(index)" }
}
