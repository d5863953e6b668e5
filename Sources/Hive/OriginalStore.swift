import ArtifactCatalog
import ArtifactTypes
import Foundation
import ModelCatalog
import ModelProvisioner
import Provisioning
import SystemPackage

/// A model's folder in the store of rbee's original hive: `models/<flat id>/metadata.json`, which is
/// `{artifact, added_at, last_accessed}`, and the files beside it. Keys are read in camelCase and in snake_case.
struct OriginalStore {
    private static let metadataFile = "metadata.json"
    private static let maximumMetadata = 8 << 20

    /// The folders that each should hold a model, in order.
    let folders: [FilePath]

    /// - Parameter path: the store, or its folder of models; absolute.
    init(_ path: FilePath) throws(ProvisionError) {
        let models = path.appending("models")
        var isFolder: ObjCBool = false
        let hasModels = FileManager.default.fileExists(atPath: models.string, isDirectory: &isFolder)
        let root = hasModels && isFolder.boolValue ? models : path
        do {
            folders = try FileManager.default.contentsOfDirectory(atPath: root.string).sorted()
                .filter { !$0.hasPrefix(".") }
                .map { root.appending($0) }
                .filter {
                    FileManager.default.fileExists(atPath: $0.string, isDirectory: &isFolder) && isFolder.boolValue
                }
        } catch {
            throw ProvisionError(.notFound, "cannot list \(root.string.visiblyEscaped): \(Errno(foundation: error))")
        }
        guard folders.contains(where: { Self.hasMetadata($0) }) else {
            throw ProvisionError(
                .notFound, "\(root.string.visiblyEscaped) has no model with a \(Self.metadataFile)",
                remedy: "name the folder of the original store, the one that has models/ in it")
        }
    }

    private static func hasMetadata(_ folder: FilePath) -> Bool {
        FileManager.default.fileExists(atPath: folder.appending(metadataFile).string)
    }

    static func model(in folder: FilePath) throws(ProvisionError) -> ForeignModel {
        guard hasMetadata(folder) else { throw ProvisionError(.invalid, "it has no \(metadataFile)") }
        let metadata = try read(folder.appending(metadataFile))
        guard let artifact = metadata["artifact"], let id = artifact["id"]?.stringValue else {
            throw ProvisionError(.invalid, "\(metadataFile) names no artifact")
        }
        if let status = artifact["status"], status.stringValue?.lowercased() != "available" {
            throw ProvisionError(.invalid, "\(id) was not complete there")
        }
        let files = try files(in: folder)
        guard !files.isEmpty else { throw ProvisionError(.invalid, "no file of \(id) is beside its \(metadataFile)") }
        let source = (try? artifact["source"]?.decoded(as: ModelSource.self)) ?? .local
        let config = artifact["config"]
        func time(_ camel: String, _ snake: String) -> Timestamp? {
            let text = metadata[camel] ?? metadata[snake] ?? artifact[camel] ?? artifact[snake]
            return text?.stringValue.flatMap { Timestamp($0) }
        }
        return ForeignModel(
            reference: try reference(id, source, folder), files: files, source: source,
            name: artifact["name"]?.stringValue, author: artifact["author"]?.stringValue,
            modelType: (artifact["modelType"] ?? artifact["model_type"])?.stringValue.flatMap {
                ModelType(rawValue: $0.capitalized)
            },
            revision: (artifact["revision"] ?? config?["sha"])?.stringValue, license: config?["license"]?.stringValue,
            tags: config?["tags"]?.arrayValue?.compactMap(\.stringValue) ?? [], addedAt: time("addedAt", "added_at"),
            lastAccessed: time("lastAccessed", "last_accessed"))
    }

    /// The id as a reference where it is one; what only that store knew by its id is filed under its folder.
    private static func reference(
        _ id: String, _ source: ModelSource, _ folder: FilePath
    ) throws(ProvisionError) -> ArtifactReference {
        do {
            if var reference = try? ArtifactReference(parsing: id) {
                if reference.vendor == nil, source == .huggingFace { reference.vendor = "hf" }
                if reference.vendor != nil { return reference }
            }
            return try ArtifactReference(parsing: FileURL.text(of: folder.string))
        } catch {
            throw ProvisionError(.invalid, error.description)
        }
    }

    private static func read(_ path: FilePath) throws(ProvisionError) -> JSONValue {
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path.string))
            let data = try file.read(upToCount: maximumMetadata) ?? Data()
            return try JSONDecoder().decode(JSONValue.self, from: data)
        } catch {
            throw ProvisionError(.invalid, "\(metadataFile) cannot be read as JSON")
        }
    }

    private static func files(in folder: FilePath) throws(ProvisionError) -> [RelativePath: FilePath] {
        var files: [RelativePath: FilePath] = [:]
        do {
            for name in try FileManager.default.subpathsOfDirectory(atPath: folder.string) where name != metadataFile {
                var isFolder: ObjCBool = false
                let path = folder.appending(name)
                guard FileManager.default.fileExists(atPath: path.string, isDirectory: &isFolder) else {
                    throw ProvisionError(.notFound, "\(name.visiblyEscaped) is a link to nothing")
                }
                if !isFolder.boolValue { files[try RelativePath(name)] = path }
            }
        } catch {
            throw ProvisionError(mapping: error)
        }
        return files
    }
}
