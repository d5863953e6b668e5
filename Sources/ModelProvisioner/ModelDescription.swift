import ArtifactTypes
import ContentStore
import Foundation
import ModelCatalog
import ModelFormats
import Pipeline
import Provisioning
import SystemPackage
import Vendors

/// Step 5 for a model: what its files' headers say, as a catalog entry.
struct ModelDescription {
    let tree: StagedTree
    let resolution: Resolution
    let item: StoreItem
    let source: ModelSource
    let isVerified: Bool
    /// The tree's final place.
    let folder: FilePath
    private var files: [SidecarFile] { tree.files }

    func entry() throws(ProvisionError) -> ModelEntry {
        let reference = resolution.reference
        let main = mainFile
        let facts = try facts()
        return ModelEntry(
            id: item.id, name: name(of: reference), author: author(of: reference), source: source,
            path: main.map { folder.appending($0.path.string) }?.string ?? folder.string,
            size: files.reduce(0) { $0 + $1.size }, modelType: modelType,
            config: ModelConfiguration(
                architecture: facts.architecture, contextLength: facts.contextLength,
                quantization: facts.quantization, parameters: facts.parameters,
                license: resolution.metadata.license, tags: resolution.metadata.tags,
                files: files.map { ModelFile(path: $0.path, size: $0.size, digest: $0.digest) },
                sha: resolution.revision, gated: resolution.metadata.gated, defaults: resolution.metadata.defaults),
            revision: resolution.revision, digest: main?.digest, verified: isVerified)
    }

    private var mainFile: SidecarFile? {
        let main = WeightFiles.main(of: files.map(\.path))
        return files.first { $0.path == main }
    }

    private struct Facts {
        var architecture: String?
        var contextLength: Int64?
        var quantization: String?
        var parameters: Int64?
    }

    private func facts() throws(ProvisionError) -> Facts {
        let weights = WeightFiles.all(of: files.map(\.path))
        var facts = Facts()
        if let header = try header(of: weights) {
            facts.architecture = header.architecture
            facts.contextLength = header.contextLength
            facts.quantization = header.quantization
            facts.parameters = header.parameters
        } else if let main = mainFile {
            throw ProvisionError(
                .digestMismatch, "\(main.path) of \(item.id) is no GGUF file",
                remedy: remedyOfBroken)
        }
        if let config = try repositoryConfiguration() {
            facts.architecture = facts.architecture ?? config["model_type"]?.stringValue
            facts.contextLength = facts.contextLength ?? config["max_position_embeddings"]?.integerValue
        }
        return facts
    }

    private var remedyOfBroken: String? {
        source == .local ? nil : "the file is as its vendor published it; report it there"
    }

    private func header(of weights: [RelativePath]) throws(ProvisionError) -> ModelHeader? {
        do {
            return try ModelHeader.read(shards: weights.map { tree.root.appending($0.string) })
        } catch {
            // The staged file will be gone when this is read.
            let reason = error.message.replacing("\(tree.root)/", with: "")
            throw ProvisionError(
                .digestMismatch, "\(item.id) has a broken header: \(reason)",
                remedy: remedyOfBroken)
        }
    }

    /// A repository's config.json, where there is one of a sane size that parses.
    private func repositoryConfiguration() throws(ProvisionError) -> JSONValue? {
        guard let file = files.first(where: { $0.path.string == "config.json" }), file.size < 1 << 20 else {
            return nil
        }
        do {
            let data = try Data(contentsOf: URL(fileURLWithPath: tree.root.appending("config.json").string))
            return try? JSONDecoder().decode(JSONValue.self, from: data)
        } catch {
            throw ProvisionError(.io(errno: 0), "cannot read config.json of \(item.id): \(error)")
        }
    }

    private var modelType: ModelType {
        files.contains { $0.path.string == "model_index.json" } ? .image : .llm
    }

    /// The name that the user gave a file of this machine.
    private var givenName: [Substring]? {
        source == .local ? resolution.reference.fragmentValue("name")?.split(separator: "/") : nil
    }

    private func name(of reference: ArtifactReference) -> String {
        if let given = givenName?.last { return String(given) }
        if let path = FileURL.path(of: reference.locator), let last = FilePath(path).lastComponent {
            return last.string
        }
        let last = reference.locator.split(separator: "/").last.map(String.init) ?? reference.locator
        guard let selector = reference.selector, !selector.contains(".") else { return last }
        return "\(last) \(selector)"
    }

    private func author(of reference: ArtifactReference) -> String? {
        if let given = givenName, given.count == 2 { return String(given[0]) }
        guard !reference.isURL, let slash = reference.locator.firstIndex(of: "/") else { return nil }
        return String(reference.locator[..<slash])
    }
}

extension ModelSource {
    init(_ match: VendorRegistry.Match) {
        switch match.configuration.module {
        case "huggingface": self = .huggingFace
        case "local": self = .local
        case _ where match.name == "civitai": self = .civitAI
        default: self = .other(match.name)
        }
    }
}
