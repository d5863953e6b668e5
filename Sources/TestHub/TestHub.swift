public import SystemPackage

/// A model hub, a CDN, a release server and a git server on loopback, in this process, that misbehave when told to.
///
/// Two origins, so that redirects cross from one to the other: `hub` (the hub's API, `/files/…`, `/git/…`, `/_admin/…`)
/// and `cdn` (`/cdn/…`, large files). Every request is recorded. Everything is the same in every run but the ports.
public final class TestHub: Sendable {
    /// The hub's origin, as `http://127.0.0.1:40001`; what `HF_ENDPOINT` is set to.
    public let hub: String
    /// The CDN's origin.
    public let cdn: String
    let state: HubState

    /// Starts a hub on two free ports of 127.0.0.1.
    public static func start(_ options: TestHubOptions = TestHubOptions()) throws(TestHubError) -> TestHub {
        throw TestHubError("not yet")
    }

    init(hub: String, cdn: String, state: HubState) {
        self.hub = hub
        self.cdn = cdn
        self.state = state
    }

    /// Closes every connection, lets every stalled answer go and waits for the threads.
    public func stop() {}

    /// Adds a model, or moves `branch` of one that is there to a new commit.
    /// - Returns: the commit's id, 40 hexadecimal digits that depend on the files alone.
    @discardableResult
    public func addModel(
        _ id: String, files: [TestFile], branch: String = "main", traits: ModelTraits = ModelTraits()
    ) throws(TestHubError) -> String { throw TestHubError("not yet") }

    /// Answers requests for `old` with 307 to `new`.
    public func renameModel(_ old: String, to new: String) {}

    /// Serves `body` as `/files/PATH`.
    /// - Returns: its URL.
    @discardableResult
    public func addRelease(_ path: String, _ body: TestBody) throws(TestHubError) -> String {
        throw TestHubError("not yet")
    }

    /// Serves a git repository (bare, or a work tree's `.git`) as `/git/NAME.git` over smart HTTP, by basic
    /// authentication where `user` and `password` are given.
    /// - Returns: its URL.
    @discardableResult
    public func addGit(_ name: String, repository: FilePath, user: String? = nil, password: String? = nil) -> String {
        "\(hub)/git/\(name).git"
    }

    /// Sets a fault for requests whose path begins with `prefix`.
    public func setFault(_ fault: Fault, on prefix: String) {}

    public func clearFaults() {}

    /// Lets every answer go on that a stall holds back; stalls that are set strike no more.
    public func releaseStalls() {}

    /// The sha256 of a body in lower-case hexadecimal digits.
    public static func sha256(of body: TestBody) throws(TestHubError) -> String { throw TestHubError("not yet") }
}

extension TestHub {
    /// All requests so far, in the order of arrival.
    public var requests: [RecordedRequest] { [] }

    /// The bytes of all answers' bodies, of both origins.
    public var payloadBytes: Int64 { 0 }

    public func forgetRequests() {}

    /// Waits until a request fits, also one that is still being answered.
    /// - Throws: `TestHubError` after `seconds`.
    public func request(
        within seconds: Double = 20, where fits: @escaping @Sendable (RecordedRequest) -> Bool
    ) async throws -> RecordedRequest { throw TestHubError("not yet") }
}

final class HubState: Sendable {}
