import Synchronization

/// A worker catalog service: `/workers`, `/workers/ID`, and `/workers/ID/PKGBUILD` for a file `ID.PKGBUILD` of the
/// releases. Other PKGBUILDs lie below `/files/`, as whatever else is downloaded.
extension HubState {
    /// - Parameter parts: the path's components after `workers`.
    func workerService(_ request: Request, _ parts: ArraySlice<String>) -> Response {
        let offered = contents.withLock { $0.offeredWorkers }
        guard let id = parts.first else {
            return .text("{\"workers\":[\(offered.map(\.json).joined(separator: ","))]}", type: "application/json")
        }
        guard let worker = offered.last(where: { $0.id == id }) else { return .error(404, "Worker not found") }
        guard parts.count == 2 else { return .text(worker.json, type: "application/json") }
        guard parts.last == "PKGBUILD", let file = contents.withLock({ $0.releases["\(id).PKGBUILD"] }) else {
            return .error(404, "PKGBUILD not found")
        }
        return .file(file.body, etag: file.etag, for: request)
    }
}

extension TestHub {
    /// Offers a worker at `/workers`, as `json` has it; `id` is what `/workers/ID` answers to. Another one of the same
    /// id is offered beside it: `/workers/ID` is the last.
    public func offerWorker(_ id: String, json: String) {
        state.contents.withLock { $0.offeredWorkers.append((id, json)) }
    }

    /// Takes all offers back.
    public func withdrawWorkers() {
        state.contents.withLock { $0.offeredWorkers = [] }
    }
}

extension Response {
    static func text(_ text: String, type: String) -> Response {
        Response(200, headers: [("Content-Type", type)], body: Array(text.utf8))
    }
}
