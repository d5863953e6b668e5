import Synchronization

/// The hub's read API: `/api/models/…`, `/ORG/NAME/resolve/…`, `/files/…`, `/example/index.json`.
extension HubState {
    func hub(_ request: Request, faults: [ActiveFault]) -> Response {
        guard request.method == "GET" || request.method == "HEAD" else { return .error(405, "only GET and HEAD") }
        let parts = request.components
        switch parts.first {
        case "api" where parts.count >= 4 && parts[1] == "models":
            return api(request, id: "\(parts[2])/\(parts[3])", rest: Array(parts.dropFirst(4)))
        case "files":
            return release(request, faults: faults)
        case "example" where parts == ["example", "index.json"]:
            return exampleIndex(request)
        default:
            guard parts.count >= 5, parts[2] == "resolve" else { return .error(404, "no such page") }
            return resolve(
                request, id: "\(parts[0])/\(parts[1])", revision: parts[3],
                path: parts.dropFirst(4).joined(separator: "/"), faults: faults)
        }
    }

    private func api(_ request: Request, id: String, rest: [String]) -> Response {
        if let moved = moved(request, id) { return moved }
        guard let model = visibleModel(id, request) else { return absence(of: id, request) }
        if rest == ["auth-check"] { return refusal(of: model, request) ?? .json(["status": "ok"]) }
        let revision = rest.isEmpty ? "main" : rest.count >= 2 ? rest[1] : ""
        guard let commit = model.commit(revision), let files = model.commits[commit] else {
            return .error(404, code: "RevisionNotFound", "Invalid rev id: \(revision)")
        }
        switch rest.first {
        case nil: return .json(ModelInfo(model, commit: commit, files: files))
        case "revision" where rest.count == 2: return .json(ModelInfo(model, commit: commit, files: files))
        case "tree" where rest.count == 2: return tree(request, files)
        default: return .error(404, "no such page")
        }
    }

    private func tree(_ request: Request, _ files: [ListedFile]) -> Response {
        let entries = TreeEntry.all(of: files, isRecursive: request.queryValue("recursive") == "true")
        let size = max(1, min(options.pageSize, request.queryValue("limit").flatMap { Int($0) } ?? options.pageSize))
        let start = min(entries.count, max(0, request.queryValue("cursor").flatMap { Int($0) } ?? 0))
        let end = min(entries.count, start + size)
        var headers: [(name: String, value: String)] = []
        if end < entries.count {
            let recursive = request.queryValue("recursive").map { "recursive=\($0)&" } ?? ""
            let host = request.headers["host"] ?? "127.0.0.1"
            headers.append(
                ("Link", "<http://\(host)\(request.path)?\(recursive)limit=\(size)&cursor=\(end)>; rel=\"next\""))
        }
        return .json(Array(entries[start..<end]), headers: headers)
    }

    private func resolve(
        _ request: Request, id: String, revision: String, path: String, faults: [ActiveFault]
    ) -> Response {
        if let moved = moved(request, id) { return moved }
        guard let model = visibleModel(id, request) else { return absence(of: id, request) }
        if let refusal = refusal(of: model, request) { return refusal }
        guard let commit = model.commit(revision) else {
            return .error(404, code: "RevisionNotFound", "Invalid rev id: \(revision)")
        }
        guard let file = model.commits[commit]?.first(where: { $0.path == path }) else {
            return .error(404, code: "EntryNotFound", "Entry not found")
        }
        var headers = [(name: "X-Repo-Commit", value: commit)]
        guard let digest = file.sha256 else {
            return .file(
                file.body, etag: file.etag, for: request, ignoringRange: ignoresRange(request, faults), headers: headers
            )
        }
        headers.append(("X-Linked-Size", String(file.size)))
        headers.append(("X-Linked-ETag", "\"\(digest)\""))
        let target = cdnPath(id, digest)
        return .redirect(302, to: "\(cdnOrigin)\(target)?\(signature(of: target))", headers: headers)
    }

    private func release(_ request: Request, faults: [ActiveFault]) -> Response {
        let path = request.components.dropFirst().joined(separator: "/")
        guard let file = contents.withLock({ $0.releases[path] }) else { return .error(404, "no such file") }
        return .file(file.body, etag: file.etag, for: request, ignoringRange: ignoresRange(request, faults))
    }

    func repository(for request: Request) -> GitBackend? {
        guard let name = request.components.dropFirst().first, name.hasSuffix(".git") else { return nil }
        return contents.withLock { $0.repositories[String(name.dropLast(4))] }
    }

    func ignoresRange(_ request: Request, _ faults: [ActiveFault]) -> Bool {
        guard request.headers["range"] != nil else { return false }
        return faults.contains { candidate in
            if case .ignoreRange = candidate.fault.kind { strikes(candidate) } else { false }
        }
    }
}

// MARK: - Who may see what

extension HubState {
    private func moved(_ request: Request, _ id: String) -> Response? {
        guard let new = contents.withLock({ $0.renamed[id] }) else { return nil }
        let target = request.target.replacing("/\(id)", with: "/\(new)", maxReplacements: 1)
        return .redirect(307, to: target)
    }

    private func isLoggedIn(_ request: Request) -> Bool {
        options.token != nil && request.headers["authorization"] == options.token.map { "Bearer \($0)" }
    }

    private func visibleModel(_ id: String, _ request: Request) -> Model? {
        if request.headers["authorization"] != nil, !isLoggedIn(request) { return nil }
        guard let model = contents.withLock({ $0.models[id] }) else { return nil }
        return model.traits.isPrivate && !isLoggedIn(request) ? nil : model
    }

    /// The hub does not say which private repositories there are: without a login every absence is 401.
    private func absence(of id: String, _ request: Request) -> Response {
        if isLoggedIn(request) { return .error(404, code: "RepoNotFound", "Repository not found") }
        if request.headers["authorization"] != nil {
            return .error(401, "Invalid credentials in Authorization header")
        }
        return .error(401, code: "RepoNotFound", "Invalid username or password.")
    }

    private func refusal(of model: Model, _ request: Request) -> Response? {
        guard model.traits.gate != nil else { return nil }
        if isLoggedIn(request), model.traits.isGranted { return nil }
        let message = "Access to model \(model.id) is restricted. You must have access to it and be authenticated."
        return .error(isLoggedIn(request) ? 403 : 401, code: "GatedRepo", message)
    }
}

// MARK: - JSON

private struct ModelInfo: Encodable {
    struct Sibling: Encodable { let rfilename: String }
    struct Card: Encodable { let license: String? }
    enum Gated: Encodable {
        case no
        case by(String)

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .no: try container.encode(false)
            case .by(let name): try container.encode(name)
            }
        }
    }

    let id: String
    let modelId: String
    let sha: String
    let `private`: Bool
    let gated: Gated
    let tags: [String]
    let cardData: Card
    let siblings: [Sibling]

    init(_ model: Model, commit: String, files: [ListedFile]) {
        id = model.id
        modelId = model.id
        sha = commit
        `private` = model.traits.isPrivate
        gated = model.traits.gate.map { .by($0.rawValue) } ?? .no
        tags = model.traits.tags + (model.traits.license.map { ["license:\($0)"] } ?? [])
        cardData = Card(license: model.traits.license)
        siblings = files.map { Sibling(rfilename: $0.path) }
    }
}

private struct TreeEntry: Encodable {
    struct LFS: Encodable {
        let oid: String
        let size: Int64
        let pointerSize: Int
    }

    let type: String
    let oid: String
    let size: Int64
    let path: String
    let lfs: LFS?

    /// Files and the folders that they lie in, in the order of their paths.
    static func all(of files: [ListedFile], isRecursive: Bool) -> [TreeEntry] {
        var folders = Set<String>()
        var entries: [TreeEntry] = []
        for file in files {
            let parts = file.path.split(separator: "/", omittingEmptySubsequences: false)
            for depth in 1..<max(1, parts.count) {
                let folder = parts[..<depth].joined(separator: "/")
                if !folder.isEmpty, isRecursive || depth == 1, folders.insert(folder).inserted {
                    let oid = String(repeating: "0", count: 40)
                    entries.append(TreeEntry(type: "directory", oid: oid, size: 0, path: folder, lfs: nil))
                }
            }
            guard isRecursive || parts.count == 1 else { continue }
            let lfs = file.sha256.map { LFS(oid: $0, size: file.size, pointerSize: file.pointerSize) }
            entries.append(TreeEntry(type: "file", oid: file.oid, size: file.size, path: file.path, lfs: lfs))
        }
        return entries.sorted { $0.path < $1.path }
    }
}

/// The index of the worked example of a vendor: all models at `main`, in a form of its own.
extension HubState {
    private struct Index: Encodable {
        struct Item: Encodable {
            let revision: String
            let files: [Entry]
        }
        struct Entry: Encodable {
            let path: String
            let size: Int64
            let sha256: String
            let url: String
        }
        let models: [String: Item]
    }

    private func exampleIndex(_ request: Request) -> Response {
        let models = contents.withLock { $0.models }
        let host = request.headers["host"] ?? "127.0.0.1"
        var items: [String: Index.Item] = [:]
        for (id, model) in models where !model.traits.isPrivate && model.traits.gate == nil {
            guard let commit = model.branches["main"], let files = model.commits[commit] else { continue }
            items[id] = Index.Item(
                revision: commit,
                files: files.map { file in
                    Index.Entry(
                        path: file.path, size: file.size, sha256: file.contentSHA256,
                        url: "http://\(host)/\(id)/resolve/\(commit)/\(percentEncoded(file.path))")
                })
        }
        return .json(Index(models: items))
    }
}
