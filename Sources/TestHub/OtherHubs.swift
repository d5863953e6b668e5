import Synchronization

/// The same models as two other services serve theirs: ModelScope, and CivitAI for those that are named `civitai/ID`.
extension HubState {
    /// Nil where the path is neither's.
    func otherHubs(_ request: Request, faults: [ActiveFault]) -> Response? {
        let parts = request.components
        guard parts.first == "api", parts.count >= 4 else { return nil }
        if parts.count >= 6, parts[1] == "v1", parts[2] == "models", parts[5] == "repo" {
            return modelScope(request, id: "\(parts[3])/\(parts[4])", rest: Array(parts.dropFirst(6)), faults: faults)
        }
        switch (parts[1], parts[2]) {
        case ("v1", "models"): return civitAIModel(parts[3], request)
        case ("v1", "model-versions"): return civitAIVersion(parts[3], request)
        case ("download", "models"): return civitAIFile(parts[3], request, faults: faults)
        default: return nil
        }
    }
}

// MARK: - ModelScope: /api/v1/models/ORG/NAME/repo[/files]

extension HubState {
    private struct Listing: Encodable {
        struct Entry: Encodable {
            let path: String
            let size: Int64
            let sha256: String
            let revision: String
            let type = "blob"
            let date = 1_700_000_000

            private enum CodingKeys: String, CodingKey {
                case path = "Path"
                case size = "Size"
                case sha256 = "Sha256"
                case revision = "Revision"
                case type = "Type"
                case date = "CommittedDate"
            }
        }

        struct Content: Encodable {
            let files: [Entry]

            private enum CodingKeys: String, CodingKey { case files = "Files" }
        }

        let code = 200
        let data: Content

        private enum CodingKeys: String, CodingKey {
            case code = "Code"
            case data = "Data"
        }
    }

    private func modelScope(
        _ request: Request, id: String, rest: [String], faults: [ActiveFault]
    ) -> Response {
        // Its client sends an access token as a cookie.
        let isLoggedIn = options.token != nil && request.headers["cookie"] == options.token.map { "m_session_id=\($0)" }
        guard let model = contents.withLock({ $0.models[id] }), !model.traits.isPrivate || isLoggedIn else {
            return .error(404, "record not found")
        }
        let revision = request.queryValue("Revision") ?? "master"
        guard let commit = model.commit(revision == "master" ? "main" : revision), let files = model.commits[commit]
        else { return .error(404, "no such revision") }
        if rest == ["files"] {
            let entries = files.map { file in
                Listing.Entry(
                    path: file.path, size: file.size, sha256: file.sha256 ?? file.contentSHA256, revision: commit)
            }
            return .json(Listing(data: .init(files: entries)))
        }
        guard rest.isEmpty, let path = request.queryValue("FilePath"),
            let file = files.first(where: { $0.path == path })
        else { return .error(404, "no such file") }
        return .file(file.body, etag: file.etag, for: request, ignoringRange: ignoresRange(request, faults))
    }
}

// MARK: - CivitAI: /api/v1/models/ID, /api/v1/model-versions/ID, /api/download/models/ID

extension HubState {
    private struct Version: Encodable {
        struct File: Encodable {
            let id: Int
            let name: String
            let type: String
            let sizeKB: Double
            let hashes: [String: String]
            let downloadUrl: String
        }
        let id: Int
        let modelId: Int
        let name: String
        let files: [File]
    }

    private struct Page: Encodable {
        let id: Int
        let name: String
        let tags: [String]
        let modelVersions: [Version]
    }

    /// The versions of `civitai/ID` are its branches, named by numbers; `main` is number 1. Newest first.
    private func versions(of model: Model, _ host: String) -> [Version] {
        guard let number = model.id.split(separator: "/").last.flatMap({ Int($0) }) else { return [] }
        let named = model.branches.compactMap { name, commit in
            (name == "main" ? 1 : Int(name)).map { (number: $0, commit: commit) }
        }
        return named.sorted { $0.number > $1.number }.map { version in
            let files = (model.commits[version.commit] ?? []).enumerated().map { index, file in
                Version.File(
                    id: index, name: file.path, type: file.path.hasSuffix(".zip") ? "Training Data" : "Model",
                    sizeKB: Double(file.size) / 1024,
                    hashes: ["SHA256": (file.sha256 ?? file.contentSHA256).uppercased()],
                    downloadUrl: "http://\(host)/api/download/models/\(version.number)?file=\(index)")
            }
            return Version(id: version.number, modelId: number, name: "v\(version.number)", files: files)
        }
    }

    private func civitAIModels(_ request: Request) -> [(model: Model, versions: [Version])] {
        let host = request.headers["host"] ?? "127.0.0.1"
        let models = contents.withLock { $0.models.values.filter { $0.id.hasPrefix("civitai/") } }
        return models.map { ($0, versions(of: $0, host)) }
    }

    private func civitAIModel(_ id: String, _ request: Request) -> Response {
        guard let found = civitAIModels(request).first(where: { $0.model.id == "civitai/\(id)" }), let number = Int(id)
        else { return .error(404, "No model with id \(id)") }
        return .json(
            Page(id: number, name: "Model \(id)", tags: found.model.traits.tags, modelVersions: found.versions))
    }

    private func civitAIVersion(_ id: String, _ request: Request) -> Response {
        for found in civitAIModels(request) {
            if let version = found.versions.first(where: { String($0.id) == id }) { return .json(version) }
        }
        return .error(404, "No version with id \(id)")
    }

    private func civitAIFile(_ id: String, _ request: Request, faults: [ActiveFault]) -> Response {
        guard let index = request.queryValue("file").flatMap({ Int($0) }) else { return .error(404, "No file") }
        for (model, versions) in civitAIModels(request) where versions.contains(where: { String($0.id) == id }) {
            if model.traits.isPrivate, !isLoggedIn(request) {
                return .error(401, "The creator requires you to log in")
            }
            guard let commit = model.branches[id == "1" ? "main" : id], let files = model.commits[commit],
                files.indices.contains(index)
            else { break }
            guard let digest = files[index].sha256 else {
                return .file(files[index].body, etag: files[index].etag, for: request)
            }
            let target = cdnPath(model.id, digest)
            return .redirect(307, to: "\(cdnOrigin)\(target)?\(signature(of: target))")
        }
        return .error(404, "No file")
    }
}
