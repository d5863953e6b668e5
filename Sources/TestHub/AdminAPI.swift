import Synchronization

/// `/_admin/…`, for a hub that runs as a program of its own.
///
/// - `POST /_admin/fault` sets a fault (`FaultSetting` as JSON), `DELETE /_admin/fault` clears them all.
/// - `POST /_admin/release` lets stalled answers go.
/// - `GET /_admin/requests` lists the requests, `DELETE` forgets them.
extension HubState {
    func admin(_ request: Request, body: [UInt8]) -> Response {
        switch (request.method, request.path) {
        case ("POST", "/_admin/fault"):
            do {
                let setting = try JSON.decode(FaultSetting.self, from: body)
                setFault(setting.fault, on: setting.prefix)
                return .json(["status": "ok"])
            } catch {
                return .error(400, error.description)
            }
        case ("DELETE", "/_admin/fault"):
            removeFaults { _ in true }
            return .json(["status": "ok"])
        case ("POST", "/_admin/release"):
            releaseStalls()
            return .json(["status": "ok"])
        case ("GET", "/_admin/requests"):
            let (requests, bytes) = contents.withLock { ($0.requests, $0.payloadBytes) }
            return .json(RequestList(requests: requests, payloadBytes: bytes))
        case ("DELETE", "/_admin/requests"):
            forgetRequests()
            return .json(["status": "ok"])
        default:
            return .error(404, "no such admin request")
        }
    }

    func releaseStalls() {
        removeFaults { fault in if case .stall = fault.kind { true } else { false } }
    }

    func forgetRequests() {
        contents.withLock { contents in
            contents.firstKept = contents.nextRequest
            contents.requests = []
            contents.payloadBytes = 0
        }
    }

    private struct RequestList: Encodable {
        let requests: [RecordedRequest]
        let payloadBytes: Int64
    }
}

/// A fault and its prefix as JSON: `{"prefix": "/cdn/", "kind": "drop", "bytes": 1000, "times": 3}`.
///
/// `bytes` belongs to drop, reset, stall, corrupt, shorter, longer, wrongContentRange and rate; `status`, `retryAfter` and
/// `body` to status; `url` to redirect; `etag` to etag; ignoreRange, dropAnywhere and corruptAnywhere have none. `times`,
/// `probability` and `method` are optional.
public struct FaultSetting: Sendable, Decodable {
    public let prefix: String
    public let fault: Fault

    private enum Key: String, CodingKey {
        case prefix, kind, bytes, times, probability, method, status, retryAfter, url, etag, body
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        prefix = try container.decode(String.self, forKey: .prefix)
        let bytes = try container.decodeIfPresent(Int64.self, forKey: .bytes) ?? 0
        let name = try container.decode(String.self, forKey: .kind)
        var fault: Fault
        switch name {
        case "drop": fault = Fault(.drop(after: bytes))
        case "reset": fault = Fault(.reset(after: bytes))
        case "stall": fault = Fault(.stall(after: bytes))
        case "corrupt": fault = Fault(.corrupt(at: bytes))
        case "shorter": fault = Fault(.shorter(by: bytes))
        case "longer": fault = Fault(.longer(by: bytes))
        case "wrongContentRange": fault = Fault(.wrongContentRange(by: bytes))
        case "rate": fault = Fault(.rate(bytesPerSecond: bytes))
        case "dropAnywhere": fault = Fault(.dropAnywhere)
        case "corruptAnywhere": fault = Fault(.corruptAnywhere)
        case "ignoreRange": fault = Fault(.ignoreRange)
        case "etag": fault = Fault(.etag(try container.decode(String.self, forKey: .etag)))
        case "redirect": fault = .redirect(to: try container.decode(String.self, forKey: .url))
        case "status":
            let retryAfter = try container.decodeIfPresent(String.self, forKey: .retryAfter)
            let body = try container.decodeIfPresent(String.self, forKey: .body) ?? ""
            fault = Fault(
                .answer(
                    status: try container.decode(Int.self, forKey: .status),
                    headers: retryAfter.map { ["Retry-After": $0] } ?? [:], body: Array(body.utf8)))
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .kind, in: container, debugDescription: "no fault \"\(name)\"")
        }
        fault.times = try container.decodeIfPresent(Int.self, forKey: .times)
        fault.probability = try container.decodeIfPresent(Double.self, forKey: .probability) ?? 1
        fault.method = try container.decodeIfPresent(String.self, forKey: .method)
        self.fault = fault
    }
}
