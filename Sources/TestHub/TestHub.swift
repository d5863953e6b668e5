import Dispatch
import Foundation
import Glibc
import Synchronization
public import SystemPackage

/// A model hub, a CDN, a release server, a registry and a git server on loopback, in this process, that misbehave when told to.
///
/// Two origins, so that redirects cross from one to the other: `hub` (the hub's API, `/files/…`, `/git/…`, a container
/// registry's `/v2/…`, `/_admin/…`) and `cdn` (`/cdn/…`, large files). Every request is recorded. Everything is the same
/// in every run but the ports.
public final class TestHub: Sendable {
    /// The hub's origin, as `http://127.0.0.1:40001`; what `HF_ENDPOINT` is set to.
    public let hub: String
    /// The CDN's origin.
    public let cdn: String
    let state: HubState
    private let listeners: [Socket]

    /// Starts a hub on two free ports of 127.0.0.1.
    public static func start(_ options: TestHubOptions = TestHubOptions()) throws(TestHubError) -> TestHub {
        let state = try HubState(options: options)
        let hub = try Socket.listening()
        let cdn = try Socket.listening()
        let started = TestHub(
            hub: "http://127.0.0.1:\(hub.port)", cdn: "http://127.0.0.1:\(cdn.port)", state: state,
            listeners: [hub.socket, cdn.socket])
        state.contents.withLock { $0.cdnOrigin = started.cdn }
        state.serve(hub.socket, as: .hub)
        state.serve(cdn.socket, as: .cdn)
        return started
    }

    private init(hub: String, cdn: String, state: HubState, listeners: [Socket]) {
        self.hub = hub
        self.cdn = cdn
        self.state = state
        self.listeners = listeners
    }

    deinit {
        stop()
    }

    /// Closes every connection, lets every stalled answer go and waits for the threads. May be called twice.
    public func stop() {
        for listener in listeners { listener.shutDown() }
        state.removeFaults { _ in true }
        state.endConnections()
        state.threads.wait()
    }

    /// Adds a model, or moves `branch` of one that is there to a new commit.
    /// - Returns: the commit's id, 40 hexadecimal digits that depend on the files alone.
    @discardableResult
    public func addModel(
        _ id: String, files: [TestFile], branch: String = "main", traits: ModelTraits = ModelTraits()
    ) throws(TestHubError) -> String {
        var listed: [ListedFile] = []
        for file in files { listed.append(try ListedFile(file)) }
        let commit = commitID(id, listed)
        state.contents.withLock { contents in
            var model = contents.models[id] ?? Model(id: id, traits: traits)
            model.traits = traits
            model.commits[commit] = listed
            model.branches[branch] = commit
            contents.models[id] = model
            for file in listed {
                guard let digest = file.sha256 else { continue }
                contents.cdnFiles[state.cdnPath(id, digest)] = ServedFile(body: file.body, etag: file.etag)
            }
        }
        return commit
    }

    /// Gives a commit of a model a tag.
    public func addTag(_ tag: String, of id: String, commit: String) {
        state.contents.withLock { contents in contents.models[id]?.tags[tag] = commit }
    }

    /// Moves a model to another name and answers requests for the old one with 307.
    public func renameModel(_ old: String, to new: String) {
        state.contents.withLock { contents in
            contents.renamed[old] = new
            guard let model = contents.models.removeValue(forKey: old) else { return }
            contents.models[new] = Model(
                id: new, traits: model.traits, branches: model.branches, tags: model.tags, commits: model.commits)
            for file in model.commits.values.joined() {
                guard let digest = file.sha256 else { continue }
                contents.cdnFiles[state.cdnPath(new, digest)] = ServedFile(body: file.body, etag: file.etag)
            }
        }
    }

    /// Serves `body` as `/files/PATH`, with its sha256 for an ETag.
    /// - Returns: its URL.
    @discardableResult
    public func addRelease(_ path: String, _ body: TestBody) throws(TestHubError) -> String {
        let file = ServedFile(body: body, etag: try Self.sha256(of: body))
        state.contents.withLock { $0.releases[path] = file }
        return "\(hub)/files/\(percentEncoded(path))"
    }

    /// Serves a git repository (bare, or a work tree) as `/git/NAME.git` over smart HTTP, with basic authentication
    /// where `user` and `password` are given.
    /// - Returns: its URL.
    @discardableResult
    public func addGit(_ name: String, repository: FilePath, user: String? = nil, password: String? = nil) -> String {
        let bare = access(repository.appending("HEAD").string, F_OK) == 0
        let backend = GitBackend(
            repository: bare ? repository : repository.appending(".git"), user: user, password: password)
        state.contents.withLock { $0.repositories[name] = backend }
        return "\(hub)/git/\(name).git"
    }

    /// Sets a fault for requests whose path begins with `prefix`.
    public func setFault(_ fault: Fault, on prefix: String) {
        state.setFault(fault, on: prefix)
    }

    /// Removes every fault; what is stalled goes on.
    public func clearFaults() {
        state.removeFaults { _ in true }
    }

    /// Lets every answer go on that a stall holds back, and removes the stalls.
    public func releaseStalls() {
        state.releaseStalls()
    }
}

extension HubState {
    /// Accepts connections until the listener is shut down, each served by a thread of its own.
    func serve(_ listener: Socket, as origin: RecordedRequest.Origin) {
        threads.enter()
        Thread.detachNewThread { [self] in
            defer { threads.leave() }
            while let socket = listener.accept() {
                let isStopping = contents.withLock { contents in
                    contents.connections[ObjectIdentifier(socket)] = socket
                    return contents.isStopping
                }
                if isStopping { break }
                threads.enter()
                Thread.detachNewThread { [self] in
                    // sendfile has no flag against SIGPIPE; a blocked one leaves EPIPE to be seen.
                    var signals = sigset_t()
                    sigemptyset(&signals)
                    sigaddset(&signals, SIGPIPE)
                    pthread_sigmask(SIG_BLOCK, &signals, nil)
                    var connection = Connection(socket: socket, origin: origin, state: self)
                    connection.run()
                    contents.withLock { contents in contents.connections[ObjectIdentifier(socket)] = nil }
                    threads.leave()
                }
            }
        }
    }

    func endConnections() {
        let open = contents.withLock { contents in
            contents.isStopping = true
            return Array(contents.connections.values)
        }
        for socket in open { socket.shutDown() }
    }
}
