import FoundationEssentials
import Glibc
import Synchronization
import SystemPackage

/// A repository behind `git http-backend` (git-http-backend(1)), one process a request.
struct GitBackend: Sendable {
    let repository: FilePath
    let user: String?
    let password: String?

    /// 401 where basic authentication is wanted and not given right.
    func refusal(_ request: Request) -> Response? {
        guard let user, let password else { return nil }
        let expected = "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
        guard request.headers["authorization"] != expected else { return nil }
        return Response(401, headers: [("WWW-Authenticate", "Basic realm=\"test hub\"")])
    }

    /// Starts the program on a request and reads its headers.
    func answer(_ request: Request, body: Spool) throws(TestHubError) -> Response {
        let suffix = request.components.dropFirst(2).joined(separator: "/")
        var environment = [
            "PATH=\(getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin")", "HOME=/nonexistent",
            "GIT_CONFIG_NOSYSTEM=1",
            "GIT_HTTP_EXPORT_ALL=1", "REQUEST_METHOD=\(request.method)", "QUERY_STRING=\(request.query)",
            "PATH_TRANSLATED=\(repository.string)/\(suffix)", "PATH_INFO=/\(suffix)", "REMOTE_ADDR=127.0.0.1",
            "SERVER_PROTOCOL=HTTP/1.1",
            // A repository that another user made (a checkout in CI) is served like any other.
            "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
        ]
        if let type = request.headers["content-type"] { environment.append("CONTENT_TYPE=\(type)") }
        if body.size > 0 { environment.append("CONTENT_LENGTH=\(body.size)") }
        for (header, variable) in [
            "git-protocol": "GIT_PROTOCOL", "content-encoding": "HTTP_CONTENT_ENCODING",
            "accept-encoding": "HTTP_ACCEPT_ENCODING",
        ] {
            if let value = request.headers[header] { environment.append("\(variable)=\(value)") }
        }
        if let user { environment.append("REMOTE_USER=\(user)") }
        let output = try Output.start(environment: environment, input: body)
        var response = Response(200)
        guard let headers = output.readHeaders() else {
            output.end()
            return .error(500, "git http-backend gave no answer")
        }
        for line in headers {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = String(line[..<colon])
            let value = String(line[line.index(after: colon)...].drop { $0 == " " })
            if name == "Status" {
                response.status = Int(value.prefix { $0 != " " }) ?? 500
            } else {
                response.headers.append((name, value))
            }
        }
        response.payload = .git(output)
        return response
    }
}

extension GitBackend {
    /// What a running `git http-backend` writes. `end` must be called once.
    final class Output {
        private let process: pid_t
        private let descriptor: Int32
        /// What came with the headers.
        private(set) var first: [UInt8] = []

        private init(process: pid_t, descriptor: Int32) {
            self.process = process
            self.descriptor = descriptor
        }

        static func start(environment: [String], input: Spool) throws(TestHubError) -> Output {
            var ends: [Int32] = [0, 0]
            var process: pid_t = 0
            let failure = Socket.birth.withLock { _ -> Int32 in
                guard pipe(&ends) == 0 else { return errno }
                for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
                var actions = posix_spawn_file_actions_t()
                posix_spawn_file_actions_init(&actions)
                defer { posix_spawn_file_actions_destroy(&actions) }
                posix_spawn_file_actions_adddup2(&actions, input.descriptor.rawValue, 0)
                posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
                var attributes = posix_spawnattr_t()
                posix_spawnattr_init(&attributes)
                defer { posix_spawnattr_destroy(&attributes) }
                // This hub's threads block SIGPIPE; the child wants it back.
                var none = sigset_t()
                sigemptyset(&none)
                posix_spawnattr_setsigmask(&attributes, &none)
                posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
                var words: [UnsafeMutablePointer<CChar>?] = [strdup("git"), strdup("http-backend"), nil]
                var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
                defer { for pointer in words + variables { free(pointer) } }
                return posix_spawnp(&process, "git", &actions, &attributes, &words, &variables)
            }
            if ends[1] != 0 { close(ends[1]) }
            guard failure == 0 else {
                if ends[0] != 0 { close(ends[0]) }
                throw TestHubError("cannot start git http-backend", errno: Errno(rawValue: failure))
            }
            return Output(process: process, descriptor: ends[0])
        }

        /// The next bytes; empty at the end.
        func read() -> [UInt8] {
            while true {
                var failure: Int32 = 0
                let bytes = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
                    let received = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                    count = max(0, received)
                    failure = received < 0 ? errno : 0
                }
                if failure != EINTR { return bytes }
            }
        }

        /// The header lines; nil where the program ends before an empty line.
        func readHeaders() -> [String]? {
            var bytes: [UInt8] = []
            while bytes.count < 64 << 10 {
                if let end = bytes.firstRange(of: [13, 10, 13, 10]) {
                    first = Array(bytes[end.upperBound...])
                    if first.isEmpty { first = read() }
                    return String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n").map(
                        String.init)
                }
                let more = read()
                if more.isEmpty { return nil }
                bytes += more
            }
            return nil
        }

        func end() {
            close(descriptor)
            kill(process, SIGKILL)
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
        }
    }
}

/// A request's body on its way to a program's standard input: a nameless file, so that its size bounds no memory.
final class Spool {
    let descriptor: FileDescriptor
    private(set) var size = 0

    init() throws(TestHubError) {
        var template = Array("/tmp/rbee-test-hub-XXXXXX".utf8CString)
        let raw = Socket.birth.withLock { _ in
            let raw = mkstemp(&template)
            if raw >= 0 { _ = fcntl(raw, F_SETFD, FD_CLOEXEC) }
            return raw
        }
        guard raw >= 0 else { throw TestHubError("cannot make a temporary file", errno: Errno(rawValue: errno)) }
        unlink(template)
        descriptor = FileDescriptor(rawValue: raw)
    }

    deinit {
        Glibc.close(descriptor.rawValue)
    }

    func write(_ bytes: [UInt8]) throws(TestHubError) {
        do {
            try descriptor.writeAll(toAbsoluteOffset: Int64(size), bytes)
            size += bytes.count
        } catch {
            throw TestHubError("cannot keep a request's body", errno: error as? Errno)
        }
    }
}
