import ArtifactTypes
import Provisioning

/// What a layer is, by its media type, and by the annotations that packagers put on it.
///
/// - Docker: <https://github.com/docker/model-spec>.
/// - CNCF ModelPack: <https://github.com/modelpack/model-spec>, `application/vnd.cncf.model.*`.
/// - ORAS: any type, with a title, and a note whether a directory is to be unpacked.
/// - Ollama: `application/vnd.ollama.image.*`.
enum LayerKind: Sendable, Hashable {
    enum Role: Sendable, Hashable {
        case model, safetensors, projector, adapter, license, chatTemplate, messages, other
    }

    /// A file as it is.
    case file(Role)
    /// An archive whose entries say where they belong.
    case archive
    case template
    case system
    case parameters
    /// A layer of a container's file system, which no annotation names.
    case fileSystem

    private static let titles = ["org.cncf.model.filepath", "org.opencontainers.image.title"]
    private static let ollama = "application/vnd.ollama.image."
    private static let docker = "application/vnd.docker.ai."
    private static let modelPack = "application/vnd.cncf.model."

    /// Nil for a type that says nothing, of a layer without a name.
    init?(_ layer: Descriptor) {
        let type = layer.type
        let isNamed = Self.title(of: layer) != nil
        if layer.annotation("io.deis.oras.content.unpack") == "true" {
            self = .archive
        } else if type.hasPrefix(Self.ollama) {
            guard let kind = Self.ollamaKind(type.dropFirst(Self.ollama.count)) else { return nil }
            self = kind
        } else if type.hasPrefix(Self.docker) {
            let rest = type.dropFirst(Self.docker.count)
            if rest.hasSuffix(".tar") {
                self = .archive
            } else {
                guard let role = Self.dockerRole(rest) ?? (isNamed ? .other : nil) else { return nil }
                self = .file(role)
            }
        } else if type.hasPrefix(Self.modelPack) {
            if Self.isTar(type) {
                self = .archive
            } else if isNamed {
                self = .file(.other)
            } else {
                return nil
            }
        } else if isNamed {
            self = .file(.other)
        } else if Self.isTar(type) {
            self = .fileSystem
        } else {
            return nil
        }
    }

    /// The name that the packager gave it.
    static func title(of layer: Descriptor) -> String? {
        titles.lazy.compactMap { layer.annotation($0) }.first { !$0.isEmpty }
    }

    private static func isTar(_ type: String) -> Bool {
        [".tar", ".tar+gzip", ".tar.gzip", ".tar+zstd", ".tar.zstd", "/x-tar"].contains { type.hasSuffix($0) }
    }

    private static func ollamaKind(_ name: Substring) -> LayerKind? {
        switch name {
        case "model": .file(.model)
        case "projector": .file(.projector)
        case "adapter": .file(.adapter)
        case "license": .file(.license)
        case "messages": .file(.messages)
        case "template", "prompt": .template
        case "system": .system
        case "params": .parameters
        default: nil
        }
    }

    private static func dockerRole(_ name: Substring) -> Role? {
        switch name {
        case "mmproj", "gguf.v3.mmproj": .projector
        case "gguf.v3.lora": .adapter
        case "gguf.v3", "model.file.v1+gguf": .model
        case "safetensors": .safetensors
        case "license": .license
        case "chat.template.jinja": .chatTemplate
        default: nil
        }
    }
}
