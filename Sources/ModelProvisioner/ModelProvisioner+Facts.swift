import ArtifactTypes
import Foundation
import ModelFormats
public import Pipeline
public import Provisioning

extension ModelProvisioner {
    /// What `plan` would bring, by its sizes and by the beginnings of its files, which are read from where they lie.
    ///
    /// What cannot be read is left out, and said.
    /// - Parameters:
    ///   - machineMemory: in bytes; nil where it is not known.
    ///   - gpus: those of this machine.
    public func facts(
        of plan: Plan, machineMemory: Int64?, gpus: [GraphicsProcessor], for job: ProvisionJob
    ) async throws(ProvisionError) -> ModelFacts {
        let files = plan.resolution.files
        let present = try pipeline.presentBytes(of: plan, for: job)
        var facts = ModelFacts(size: Self.sum(files.map(\.size)), present: present, machineMemory: machineMemory)
        facts.gpus = gpus
        let names = Set(WeightFiles.all(of: files.map(\.path)))
        let weights = files.filter { names.contains($0.path) }
        do {
            let reader = HeaderReader(pipeline: pipeline, plan: plan, offline: job.offline)
            var attention = AttentionSizes()
            if let header = try await reader.header(of: weights) {
                (facts.architecture, facts.quantization) = (header.architecture, header.quantization)
                (facts.parameters, facts.contextLength) = (header.parameters, header.contextLength)
                attention = header.attention
            }
            if facts.architecture == nil, let file = files.first(where: { $0.path.string == "config.json" }),
                let config = try await reader.configuration(file)
            {
                facts.architecture = config["model_type"]?.stringValue
                facts.contextLength = facts.contextLength ?? config["max_position_embeddings"]?.integerValue
                attention = AttentionSizes(configuration: config)
            }
            let loaded = files.filter { names.contains($0.path) || $0.path.isProjector }
            facts.estimateMemory(weights: Self.sum(loaded.map(\.size)), attention)
        } catch {
            if error.code == .cancelled { throw error }
            job.progress(.notice("what the model is cannot be read before it is here: \(error.message)"))
        }
        return facts
    }

    private static func sum(_ sizes: [Int64?]) -> Int64? {
        var total: Int64 = 0
        for size in sizes {
            guard let size else { return nil }
            let (next, overflow) = total.addingReportingOverflow(size)
            if overflow { return nil }
            total = next
        }
        return total
    }
}

extension ModelFacts {
    fileprivate mutating func estimateMemory(weights: Int64?, _ attention: AttentionSizes) {
        guard let weights, weights > 0, let perToken = attention.cacheBytesPerToken else { return }
        let longest = contextLength ?? MemoryEstimate.shortContext
        let contexts = Set([min(longest, MemoryEstimate.shortContext), longest]).sorted()
        memory = contexts.compactMap { context in
            MemoryEstimate(
                weights: weights, perToken: perToken, context: context, machineMemory: machineMemory, gpus: gpus)
        }
    }
}

extension AttentionSizes {
    /// The names that a repository's config.json has for them.
    fileprivate init(configuration: JSONValue) {
        func number(_ key: String) -> Int64? { configuration[key]?.integerValue.flatMap { Int64(exactly: $0) } }
        self.init(
            layers: number("num_hidden_layers"), embedding: number("hidden_size"),
            heads: number("num_attention_heads"), keyHeads: number("num_key_value_heads"),
            keyLength: number("head_dim"), valueLength: number("head_dim"))
    }
}

/// Reads as much of remote files as their headers need.
private struct HeaderReader {
    let pipeline: Pipeline
    let plan: Plan
    let offline: Bool

    /// The first piece holds most headers; vocabularies of 256,000 tokens take up to about 20 MB.
    private static let pieces: [Int64] = [1 << 20, 8 << 20, 64 << 20]
    /// So many files are asked; a set of more tells no number of parameters.
    private static let fileLimit = 64

    func header(of weights: [RemoteFile]) async throws(ProvisionError) -> ModelHeader? {
        var parts: [ModelHeader] = []
        for file in weights.prefix(Self.fileLimit) {
            if let part = try await header(of: file) { parts.append(part) }
        }
        guard weights.count <= Self.fileLimit else { return nil }
        do { return try ModelHeader.combined(parts) } catch { throw Self.broken(error) }
    }

    private func header(of file: RemoteFile) async throws(ProvisionError) -> ModelHeader? {
        if let path = try pipeline.localPath(of: file, of: plan) {
            do { return try ModelHeader.read(path) } catch { throw Self.broken(error) }
        }
        guard let size = file.size else { throw ProvisionError(.unavailable, "the size of \(file.path) is not known") }
        var beginning: [UInt8] = []
        for piece in Self.pieces where Int64(beginning.count) < size {
            beginning += try await read(file, Int64(beginning.count)..<min(piece, size))
            do {
                return try ModelHeader.read(beginning: beginning, size: size, name: file.path.string)
            } catch {
                guard error.code == .incomplete else { throw Self.broken(error) }
            }
        }
        throw ProvisionError(.unavailable, "the header of \(file.path) is longer than \(beginning.count) bytes")
    }

    func configuration(_ file: RemoteFile) async throws(ProvisionError) -> JSONValue? {
        guard let size = file.size, size > 0, size < 1 << 20 else { return nil }
        let bytes = try await read(file, 0..<size)
        return try? JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    }

    private func read(_ file: RemoteFile, _ range: Range<Int64>) async throws(ProvisionError) -> [UInt8] {
        guard !offline else { throw ProvisionError(.offline, "\(file.path) is not stored") }
        return try await pipeline.read(file, range, of: plan)
    }

    private static func broken(_ error: ModelFormatError) -> ProvisionError {
        ProvisionError(.digestMismatch, "a broken header: \(error)")
    }
}
