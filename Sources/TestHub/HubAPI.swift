import Synchronization

/// The hub's read API: `/api/models/…`, `/ORG/NAME/resolve/…`, `/files/…`, `/v2/…`, `/example/index.json`.
extension HubState {
    func hub(_ request: Request, body: [UInt8], faults: [ActiveFault]) -> Response {
        let parts = request.components
        let isPathsQuestion = parts.count == 6 && parts[0] == "api" && parts[4] == "paths-info"
        if parts.first == "token" { return registryToken(request, body: body) }
        guard ["GET", "HEAD"].contains(request.method) || (request.method == "POST" && isPathsQuestion) else {
            return .error(405, "only GET and HEAD")
        }
        if let other = otherHubs(request, faults: faults) { return other }
        switch parts.first {
        case "api" where parts.count >= 4 && parts[1] == "models":
            return api(request, body, id: "\(parts[2])/\(parts[3])", rest: Array(parts.dropFirst(4)))
        case "api" where parts.count >= 7 && parts[1] == "resolve-cache":
            return resolve(
                request, id: "\(parts[3])/\(parts[4])", rest: Array(parts.dropFirst(5)), isCached: true, faults: faults)
        case "api":
            return forge(request, parts.dropFirst())
        case "workers" where parts.count <= 3:
            return workerService(request, parts.dropFirst())
        case "v2":
            return registry(request, parts)
        case "files":
            return release(request, faults: faults)
        case "example" where parts == ["example", "index.json"]:
            return exampleIndex(request)
        default:
            if parts.count >= 6, parts[2] == "releases", parts[3] == "download" || parts[4] == "download" {
                return forgeDownload(request, parts)
            }
            if let dash = parts.firstIndex(of: "-") { return labDownload(parts[..<dash], parts[(dash + 1)...]) }
            guard parts.count >= 5, parts[2] == "resolve" else { return .error(404, "no such page") }
            return resolve(
                request, id: "\(parts[0])/\(parts[1])", rest: Array(parts.dropFirst(3)), isCached: false, faults: faults
            )
        }
    }

    private func api(_ request: Request, _ body: [UInt8], id: String, rest: [String]) -> Response {
        if let moved = moved(request, id) { return moved }
        guard let model = visibleModel(id, request) else { return absence(of: id, request) }
        if rest == ["auth-check"] { return refusal(of: model, request) ?? .json(["status": "ok"]) }
        if rest == ["refs"] { return .json(ReferenceList(model)) }
        let (revision, path) = rest.isEmpty ? ("main", []) : model.revision(leading: rest.dropFirst())
        guard let commit = model.commit(revision), let files = model.commits[commit] else {
            return .error(404, code: "RevisionNotFound", "Invalid rev id: \(revision)")
        }
        switch rest.first {
        case nil: return .json(ModelInfo(model, commit: commit, files: files))
        case "revision" where path.isEmpty: return .json(ModelInfo(model, commit: commit, files: files))
        case "tree": return tree(request, files, in: path.joined(separator: "/"))
        case "paths-info" where path.isEmpty: return paths(body, files)
        default: return .error(404, "no such page")
        }
    }

    private func tree(_ request: Request, _ files: [ListedFile], in folder: String) -> Response {
        let entries = TreeEntry.all(
            of: files, in: folder, isRecursive: request.queryValue("recursive")?.lowercased() == "true")
        guard folder.isEmpty || !entries.isEmpty else {
            return .error(404, code: "EntryNotFound", "\(folder) does not exist")
        }
        let size = max(1, min(options.pageSize, request.queryValue("limit").flatMap { Int($0) } ?? options.pageSize))
        let start = min(entries.count, max(0, request.queryValue("cursor").flatMap { Int($0) } ?? 0))
        let end = min(entries.count, start + size)
        var headers: [(name: String, value: String)] = []
        if end < entries.count {
            let same = request.query.split(separator: "&").filter {
                !$0.hasPrefix("limit=") && !$0.hasPrefix("cursor=")
            }
            let query = (same.map(String.init) + ["limit=\(size)", "cursor=\(end)"]).joined(separator: "&")
            let host = request.headers["host"] ?? "127.0.0.1"
            headers.append(("Link", "<http://\(host)\(request.path)?\(query)>; rel=\"next\""))
        }
        return .json(Array(entries[start..<end]), headers: headers)
    }

    /// The entries of the paths that a form names (`paths=…&paths=…`); what does not exist is left out.
    private func paths(_ body: [UInt8], _ files: [ListedFile]) -> Response {
        let items = String(decoding: body, as: UTF8.self).split(separator: "&")
        let wanted = items.filter { $0.hasPrefix("paths=") }.map { item in
            percentDecoded(item.dropFirst("paths=".count).map { $0 == "+" ? "%20" : String($0) }.joined())
        }
        let entries = TreeEntry.all(of: files, in: "", isRecursive: true)
        return .json(wanted.compactMap { path in entries.first { $0.path == path } })
    }

    private func resolve(
        _ request: Request, id: String, rest: [String], isCached: Bool, faults: [ActiveFault]
    ) -> Response {
        if let moved = moved(request, id) { return moved }
        guard let model = visibleModel(id, request) else { return absence(of: id, request) }
        if let refusal = refusal(of: model, request) { return refusal }
        let (revision, components) = model.revision(leading: rest[...])
        guard let commit = model.commit(revision) else {
            return .error(404, code: "RevisionNotFound", "Invalid rev id: \(revision)")
        }
        let path = components.joined(separator: "/")
        guard let file = model.commits[commit]?.first(where: { $0.path == path }) else {
            return .error(404, code: "EntryNotFound", "Entry not found")
        }
        var headers = [(name: "X-Repo-Commit", value: commit)]
        guard let digest = file.sha256 else {
            guard options.isModern, !isCached else {
                return .file(
                    file.body, etag: file.etag, for: request, ignoringRange: ignoresRange(request, faults),
                    headers: headers)
            }
            headers.append(("X-Linked-Size", String(file.size)))
            headers.append(("X-Linked-ETag", "\"\(file.etag)\""))
            let target = "/api/resolve-cache/models/\(id)/\(commit)/\(percentEncoded(path))"
            return .redirect(
                307, to: "\(target)?\(percentEncoded(request.path))=&etag=%22\(file.etag)%22", headers: headers)
        }
        headers.append(("X-Linked-Size", String(file.size)))
        headers.append(("X-Linked-ETag", "\"\(digest)\""))
        if options.isModern {
            let host = request.headers["host"] ?? "127.0.0.1"
            headers.append(("X-Xet-Hash", digest.reversedHash))
            headers.append(
                ("Link", "<http://\(host)/api/models/\(id)/xet-read-token/\(commit)>; rel=\"xet-auth\""))
        }
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

    func isLoggedIn(_ request: Request) -> Bool {
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
        guard isLoggedIn(request) else {
            let message = "Access to model \(model.id) is restricted. You must have access to it and be authenticated."
            return .error(401, code: "GatedRepo", message + " Please log in.")
        }
        let message = "Access to model \(model.id) is restricted and you are not in the authorized list."
        return .error(403, code: "GatedRepo", message + " Visit \(model.id) to ask for access.")
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
