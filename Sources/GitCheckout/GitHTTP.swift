public import ArtifactTypes

/// How git's http requests travel. The program fills it from the transfer engine, so that proxies, certificates,
/// redirects, rate limits and redaction are the same for git as for everything else.
public struct GitHTTP: Sendable {
    public struct Request: Sendable {
        public var method: String
        public var url: String
        public var headers: [String: String]
        /// For the origin of `url` alone.
        public var secretHeaders: [String: Secret]
        public var body: [UInt8]?
        public var remote: GitRemote
    }

    public struct Answer: Sendable {
        public var status: Int
        /// Names in lower case.
        public var headers: [String: String]
        /// Where the last redirect led.
        public var url: String

        public init(status: Int, headers: [String: String], url: String) {
            self.status = status
            self.headers = headers
            self.url = url
        }
    }

    /// Sends a request and hands the body of a 200 over as it comes, in order; nothing more is read while `receive`
    /// works. Returns any final answer, whatever its status; throws where there is none.
    public var exchange:
        @Sendable (Request, _ receive: @escaping @Sendable ([UInt8]) async throws -> Void) async throws(GitError) -> Answer

    public init(
        exchange:
            @escaping @Sendable (Request, _ receive: @escaping @Sendable ([UInt8]) async throws -> Void)
            async throws(GitError) -> Answer
    ) {
        self.exchange = exchange
    }
}
