import ArtifactTypes
import FoundationEssentials
public import SystemPackage
import Transfer

extension GitClient {
    /// Brings the content of large files into `folder`, each under its digest, verified (Git LFS, docs/api/batch.md).
    ///
    /// - Parameter progress: called with the file and the bytes of it that are there.
    /// - Throws: as `withSession`; `.revisionNotFound` for content that the server has not, `.corrupt` for other content.
    public func fetchLargeFiles(
        _ files: [GitLargeFile], of remote: GitRemote, into folder: FilePath,
        progress: @escaping @Sendable (GitLargeFile, Int64) -> Void = { _, _ in }
    ) async throws(GitError) {
        var missing: [Digest: GitLargeFile] = [:]
        for file in files where !file.isHeld(in: folder) { missing[file.digest] = file }
        if missing.isEmpty { return }
        do {
            try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        } catch {
            throw GitError(.io(errno: Errno.ioError.rawValue), "cannot make \(folder): \(error)")
        }
        let server = try remote.forLargeFiles()
        let wanted = missing.values.sorted { $0.digest.hex < $1.digest.hex }
        // 100: what servers take in one question.
        for start in stride(from: 0, to: wanted.count, by: 100) {
            let part = Array(wanted[start..<min(start + 100, wanted.count)])
            let (answer, credential) = try await batch(part, server)
            for file in part {
                guard let object = answer.objects.first(where: { $0.oid == file.digest.hex }),
                    let action = object.actions?.download
                else { throw GitError(.revisionNotFound, "\(server.url) does not have the content of \(file.path)") }
                var secrets = (action.header ?? [:]).mapValues { Secret($0) }
                if !secrets.keys.contains(where: { $0.lowercased() == "authorization" }),
                    action.href.hasPrefix(server.url.origin + "/"), let credential
                {
                    secrets["Authorization"] = credential.header
                }
                try await download(
                    file, from: DownloadSource(url: action.href, secretHeaders: secrets), server, folder, progress)
            }
        }
    }

    private func download(
        _ file: GitLargeFile, from source: DownloadSource, _ server: GitRemote, _ folder: FilePath,
        _ progress: @escaping @Sendable (GitLargeFile, Int64) -> Void
    ) async throws(GitError) {
        let partial = folder.appending("\(file.digest.hex).part")
        let journal = folder.appending("\(file.digest.hex).journal")
        do {
            _ = try await engine.download(
                Download(
                    sources: [source], size: file.size, digest: file.digest, partial: partial, journal: journal,
                    access: server.access)
            ) { received, _ in progress(file, received) }
        } catch {
            let code: GitError.Code? = error.code == .digestMismatch || error.code == .sizeMismatch ? .corrupt : nil
            let mapped = GitError(error, at: server.url)
            throw GitError(code ?? mapped.code, "\(file.path): \(mapped.message)")
        }
        do {
            try FileManager.default.moveItem(atPath: partial.string, toPath: folder.appending(file.digest.hex).string)
            if FileManager.default.fileExists(atPath: journal.string) {
                try FileManager.default.removeItem(atPath: journal.string)
            }
        } catch {
            throw GitError(.io(errno: Errno.ioError.rawValue), "cannot keep \(file.path): \(error)")
        }
    }

    private func batch(
        _ files: [GitLargeFile], _ server: GitRemote
    ) async throws(GitError) -> (BatchAnswer, GitCredential?) {
        let objects = files.map { "{\"oid\":\"\($0.digest.hex)\",\"size\":\($0.size)}" }.joined(separator: ",")
        let body = "{\"operation\":\"download\",\"transfers\":[\"basic\"],\"objects\":[\(objects)]}"
        let type = "application/vnd.git-lfs+json"
        return try await credentials.connecting(to: server) { server throws(GitError) in
            let request = TransferRequest(
                method: "POST", url: "\(server.url)/objects/batch", headers: ["Accept": type, "Content-Type": type],
                secretHeaders: server.credential.map { ["Authorization": $0.header] } ?? [:], body: Array(body.utf8),
                access: server.access, hasAlternative: server.hasAlternative)
            let answer: TransferResponse
            do {
                answer = try await engine.send(request)
            } catch {
                throw GitError(error, at: server.url)
            }
            if let error = server.refusal(answer) { throw error }
            do {
                return (try JSONDecoder().decode(BatchAnswer.self, from: Data(answer.body)), server.credential)
            } catch {
                throw GitError(.unavailable, "\(server.url) answers with what is not Git LFS's protocol")
            }
        }
    }
}

/// What of an answer matters here.
private struct BatchAnswer: Decodable, Sendable {
    struct Object: Decodable {
        var oid: String
        var actions: Actions?
    }
    struct Actions: Decodable {
        var download: Action?
    }
    struct Action: Decodable {
        var href: String
        var header: [String: String]?
    }

    var objects: [Object]
}

extension GitRemote {
    /// The server of a repository's large files: below the repository over http(s), and by https where that is over ssh
    /// (docs/api/server-discovery.md). What a repository itself names (`.lfsconfig`) is not asked.
    fileprivate func forLargeFiles() throws(GitError) -> GitRemote {
        var path = url.path
        while path.hasSuffix("/") { path.removeLast() }
        if !path.hasSuffix(".git") { path += ".git" }
        var server = self
        if url.scheme == .ssh { (server.credential, server.sshKey) = (nil, nil) }
        let origin = url.scheme == .ssh ? "https://\(url.host)" : url.origin
        server.url = try GitURL("\(origin)\(path)/info/lfs")
        return server
    }
}
