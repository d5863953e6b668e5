import ArtifactTypes
import Provisioning

/// What a model is and takes, in a few lines.
enum FactsText {
    static func lines(_ facts: ModelFacts) -> [String] {
        var lines: [String] = []
        let words = [
            facts.architecture, facts.parameters.map { "\(count($0)) parameters" }, facts.quantization,
            facts.contextLength.map { "context of \($0) tokens" },
        ].compactMap(\.self)
        if !words.isEmpty { lines.append("model   \(words.joined(separator: ", "))") }
        if let size = facts.size {
            var parts = [ByteCount(size).description]
            parts.append("\(ByteCount(facts.present - facts.copied - facts.begun)) here already")
            if facts.copied > 0 { parts.append("\(ByteCount(facts.copied)) to copy") }
            if facts.begun > 0 { parts.append("\(ByteCount(facts.begun)) of an interrupted download") }
            parts.append("\(ByteCount(max(0, size - facts.present))) to fetch")
            lines.append("size    \(parts.joined(separator: ", "))")
        }
        for gpu in facts.gpus {
            lines.append("gpu     \(gpu.name), \(ByteCount(gpu.free)) free of \(ByteCount(gpu.memory))")
        }
        for estimate in facts.memory {
            var line = "memory  about \(ByteCount(estimate.bytes)) with \(estimate.context) tokens"
            if let fits = estimate.fits, let memory = facts.machineMemory {
                line += fits ? ": fits" : ": does not fit"
                line += " in the \(ByteCount(memory)) of this machine"
            }
            switch estimate.gpu {
            case .one: line += ", fits on a GPU"
            case .several: line += ", fits on the \(facts.gpus.count) GPUs together"
            case .nowhere: line += ", does not fit on a GPU"
            case nil: break
            }
            lines.append(line)
        }
        return lines
    }

    /// `8.0 B`, as models are called.
    private static func count(_ number: Int64) -> String {
        for (unit, scale) in [("B", 1e9), ("M", 1e6), ("k", 1e3)] where Double(number) >= scale {
            let tenths = Int64((Double(number) / scale * 10).rounded())
            return "\(tenths / 10).\(tenths % 10) \(unit)"
        }
        return "\(number)"
    }
}
