import Dispatch
import FoundationEssentials
import Synchronization
import SystemPackage

/// Everything that a running hub's threads share.
final class HubState: Sendable {
    struct Contents {
        var models: [String: Model] = [:]
        var renamed: [String: String] = [:]
        /// Large files by their path at the CDN.
        var cdnFiles: [String: ServedFile] = [:]
        var releases: [String: ServedFile] = [:]
        var repositories: [String: GitBackend] = [:]
        var forge: [String: ForgeRepository] = [:]
        var nextForgeID = 0
        /// What the worker catalog service offers, as JSON, in the order in which it was added.
        var offeredWorkers: [(id: String, json: String)] = []
        var registry = Registry()
        var faults: [ActiveFault] = []
        var nextFault = 0
        var generator: SplitMix64
        var requests: [RecordedRequest] = []
        var nextRequest = 0
        /// The number of the first of `requests`: above 0 once requests were forgotten.
        var firstKept = 0
        var payloadBytes: Int64 = 0
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
        var cdnOrigin = ""
        var connections: [ObjectIdentifier: Socket] = [:]
        var isStopping = false
    }

    struct Waiter {
        let fits: @Sendable (RecordedRequest) -> Bool
        let continuation: CheckedContinuation<RecordedRequest, any Error>
    }

    let options: TestHubOptions
    let contents: Mutex<Contents>
    let log: RequestLog?
    /// Every thread of this hub.
    let threads = DispatchGroup()

    init(options: TestHubOptions) throws(TestHubError) {
        self.options = options
        contents = Mutex(Contents(generator: SplitMix64(seed: options.seed)))
        if let file = options.logFile { log = try RequestLog(file) } else { log = nil }
    }
}

/// A file as it is served: its body and its strong ETag.
struct ServedFile: Sendable {
    let body: TestBody
    let etag: String
}

extension HubState {
    /// The number under which a request is recorded.
    func record(_ request: Request, at origin: RecordedRequest.Origin) -> Int {
        contents.withLock { contents in
            let number = contents.nextRequest
            contents.nextRequest += 1
            contents.requests.append(
                RecordedRequest(
                    number: number, origin: origin, method: request.method, target: request.target,
                    headers: request.headers))
            return number
        }
    }

    /// Changes a record, counts its bytes and wakes whoever waits for it.
    func change(_ number: Int, _ body: (inout RecordedRequest) -> Void) {
        let (woken, finished) = contents.withLock { contents -> ([(Waiter, RecordedRequest)], RecordedRequest?) in
            let index = number - contents.firstKept
            guard index >= 0 else { return ([], nil) }
            let before = contents.requests[index]
            body(&contents.requests[index])
            let record = contents.requests[index]
            contents.payloadBytes += record.payloadBytes - before.payloadBytes
            var woken: [(Waiter, RecordedRequest)] = []
            for (id, waiter) in contents.waiters where waiter.fits(record) {
                contents.waiters[id] = nil
                woken.append((waiter, record))
            }
            return (woken, record.isFinished && !before.isFinished ? record : nil)
        }
        for (waiter, record) in woken { waiter.continuation.resume(returning: record) }
        if let finished { log?.write(finished) }
    }
}

/// The file in which finished requests are noted, a line of JSON each.
final class RequestLog: Sendable {
    private let descriptor: FileDescriptor
    private let lock = Mutex<Void>(())

    init(_ path: FilePath) throws(TestHubError) {
        do {
            descriptor = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .append, .closeOnExec], permissions: [.ownerReadWrite])
        } catch {
            throw TestHubError("cannot open the request log \(path)", errno: error as? Errno)
        }
    }

    deinit {
        do { try descriptor.close() } catch { Self.complain(error) }
    }

    func write(_ request: RecordedRequest) {
        let line = JSON.encode(request) + [UInt8(ascii: "\n")]
        lock.withLock { _ in
            do { try descriptor.writeAll(line) } catch { Self.complain(error) }
        }
    }

    /// Standard output belongs to whoever runs the hub.
    private static func complain(_ error: any Error) {
        let text = "test hub: the request log fails: \(error)\n"
        // Where standard error is gone too, there is nobody left to tell.
        _ = try? FileDescriptor.standardError.writeAll(Array(text.utf8))
    }
}
