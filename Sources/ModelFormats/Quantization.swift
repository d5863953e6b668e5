/// How a model's weights are stored, as file names spell it: `Q4_K_M`, `IQ2_XS`, `UD-Q4_K_XL`, `F16`, `MXFP4`.
public struct Quantization: Sendable, Hashable, CustomStringConvertible {
    /// In upper case, without `UD-`.
    public let name: String
    /// Whether it is one of the dynamic mixtures that are marked `UD-`.
    public let isDynamic: Bool

    public var description: String { isDynamic ? "UD-\(name)" : name }

    /// The quantization that a file's name tells, else the folder's that it lies in; nil where neither does.
    public static func parse(_ path: String) -> Quantization? {
        let components = path.split(separator: "/")
        guard let file = components.last else { return nil }
        var stem = String(file)
        for suffix in [".gguf", ".safetensors"] where stem.lowercased().hasSuffix(suffix) {
            stem = String(stem.dropLast(suffix.count))
        }
        if let found = inWords(of: stem) { return found }
        return components.dropLast().last.flatMap { inWords(of: String($0)) }
    }

    /// Whether a selector means this one: `Q4_K_XL` finds `UD-Q4_K_XL` too, the other way round it does not.
    public func matches(selector: String) -> Bool {
        let selector = selector.uppercased()
        return selector == description || selector == name
    }

    /// The last word that is a quantization; words end at `-` and `.`, and before `_Q4`, as some write it.
    private static func inWords(of text: String) -> Quantization? {
        let words = text.split(whereSeparator: { "-. ".contains($0) }).map { $0.uppercased() }
        for (index, word) in words.enumerated().reversed() {
            guard let name = name(in: word) else { continue }
            return Quantization(name: name, isDynamic: index > 0 && words[index - 1] == "UD")
        }
        return nil
    }

    private static func name(in word: String) -> String? {
        let parts = word.split(separator: "_").map(String.init)
        for start in parts.indices {
            let candidate = parts[start...]
            guard let first = candidate.first else { continue }
            let rest = candidate.dropFirst()
            switch first {
            case "F16", "F32", "BF16", "FP8": if rest.isEmpty { return first }
            case "FP16", "FP32": if rest.isEmpty { return "F" + first.dropFirst(2) }
            case "MXFP4", "NVFP4": if rest.isEmpty || rest.elementsEqual(["MOE"]) { return first }
            default:
                guard isFamily(first), rest.allSatisfy(sizes.contains) else { continue }
                return candidate.joined(separator: "_")
            }
        }
        return nil
    }

    /// `Q4`, `IQ2`, `TQ1`.
    private static func isFamily(_ text: String) -> Bool {
        guard let digit = text.last, ("1"..."8").contains(digit) else { return false }
        return ["Q", "IQ", "TQ"].contains(String(text.dropLast()))
    }

    private static let sizes: Set<String> = [
        "0", "1", "4", "8", "K", "NL", "XXS", "XS", "S", "M", "L", "XL", "XXL", "R4", "R8",
    ]
}
