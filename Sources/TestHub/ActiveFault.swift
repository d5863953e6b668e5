import Dispatch
import Synchronization

/// A fault that is set, until its times are used up.
struct ActiveFault: Sendable {
    let id: Int
    let prefix: String
    var fault: Fault
    /// Strikes left; nil without a limit.
    var left: Int?
    let gate: Gate
    /// Whether its odds and times have been asked for this answer already.
    var isDecided = false

    func matches(_ request: Request) -> Bool {
        request.path.hasPrefix(prefix) && (fault.method.map { $0 == request.method } ?? true)
    }
}

/// What a stalled answer waits at; once open it stays open.
final class Gate: Sendable {
    private let group = DispatchGroup()
    private let isOpen = Mutex(false)

    init() {
        group.enter()
    }

    deinit {
        open()
    }

    func open() {
        let first = isOpen.withLock { isOpen in
            defer { isOpen = true }
            return !isOpen
        }
        if first { group.leave() }
    }

    func wait() {
        group.wait()
    }
}

extension HubState {
    func setFault(_ fault: Fault, on prefix: String) {
        contents.withLock { contents in
            contents.faults.append(
                ActiveFault(id: contents.nextFault, prefix: prefix, fault: fault, left: fault.times, gate: Gate()))
            contents.nextFault += 1
        }
    }

    func removeFaults(where doomed: (Fault) -> Bool) {
        let removed = contents.withLock { contents in
            let removed = contents.faults.filter { doomed($0.fault) }
            contents.faults.removeAll { doomed($0.fault) }
            return removed
        }
        for fault in removed { fault.gate.open() }
    }

    /// The faults that match a request, the newest first.
    func faults(for request: Request) -> [ActiveFault] {
        contents.withLock { contents in contents.faults.reversed().filter { $0.matches(request) } }
    }

    /// Whether a fault strikes now; takes one of its times if so.
    func strikes(_ candidate: ActiveFault) -> Bool {
        if candidate.isDecided { return true }
        return contents.withLock { contents in
            guard let index = contents.faults.firstIndex(where: { $0.id == candidate.id }) else { return false }
            let probability = contents.faults[index].fault.probability
            if probability < 1, Double.random(in: 0..<1, using: &contents.generator) >= probability { return false }
            if let left = contents.faults[index].left {
                guard left > 0 else { return false }
                contents.faults[index].left = left - 1
            }
            return true
        }
    }

    /// The same fault at a place in `range` of a file, where the seed picks the place; nil where it does not strike.
    func settled(_ candidate: ActiveFault, in range: Range<Int64>) -> ActiveFault? {
        let makesFault: (Int64) -> Fault.Kind
        switch candidate.fault.kind {
        case .dropAnywhere: makesFault = { .drop(after: $0) }
        case .corruptAnywhere: makesFault = { .corrupt(at: range.lowerBound + $0) }
        default: return candidate
        }
        guard !range.isEmpty, strikes(candidate) else { return nil }
        let place = contents.withLock { Int64.random(in: 0..<Int64(range.count), using: &$0.generator) }
        var settled = candidate
        settled.fault.kind = makesFault(place)
        settled.isDecided = true
        return settled
    }
}
