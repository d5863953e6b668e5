import Glibc
import SystemPackage

/// Sends an answer's body and lets the faults at it.
struct BodyWriter {
    let socket: Socket
    let state: HubState
    let number: Int
    var faults: [ActiveFault]
    private var sent: Int64 = 0
    private let start = ContinuousClock.now

    /// Bytes at a time: as much as keeps the cost of a call small.
    private static let step = 256 << 10

    init(socket: Socket, state: HubState, number: Int, faults: [ActiveFault]) {
        self.socket = socket
        self.state = state
        self.number = number
        self.faults = faults.filter { candidate in
            switch candidate.fault.kind {
            case .drop, .reset, .stall, .corrupt, .rate, .dropAnywhere, .corruptAnywhere: true
            default: false
            }
        }
    }

    mutating func send(_ body: TestBody, _ range: Range<Int64>) throws(ConnectionEnd) {
        faults = faults.compactMap { state.settled($0, in: range) }
        switch body {
        case .bytes(let bytes):
            try bytes.withBytes { buffer throws(ConnectionEnd) in
                try write(
                    UnsafeRawBufferPointer(rebasing: buffer[Int(range.lowerBound)..<Int(range.upperBound)]),
                    at: range.lowerBound)
            }
        case .file(let path, _):
            try sendFile(path, range)
        case .synthetic(let source):
            try inSteps(range) { buffer, offset throws(ConnectionEnd) in source.fill(buffer, from: offset) }
        }
        try strikeHere()
    }

    /// Sends bytes that stand at `offset` of the file.
    mutating func write(_ buffer: UnsafeRawBufferPointer, at offset: Int64) throws(ConnectionEnd) {
        var done = 0
        while done < buffer.count {
            try strikeHere()
            let count = Int(min(Int64(buffer.count - done), bytesUntilStrike))
            let part = UnsafeRawBufferPointer(rebasing: buffer[done..<done + count])
            if let damaged = damage(part, at: offset + Int64(done)) {
                try socket.send(damaged)
            } else {
                try socket.send(part)
            }
            done += count
            account(count)
        }
    }

    /// Bytes beyond the file's end, for a body that is too long.
    mutating func sendExcess(_ count: Int64) throws(ConnectionEnd) {
        let zeros = [UInt8](repeating: 0, count: Self.step)
        var left = count
        while left > 0 {
            let length = Int(min(left, Int64(zeros.count)))
            try socket.send(Array(zeros[..<length]))
            account(length)
            left -= Int64(length)
        }
    }

    private mutating func sendFile(_ path: FilePath, _ range: Range<Int64>) throws(ConnectionEnd) {
        let file: FileDescriptor
        do { file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec) } catch { throw ConnectionEnd() }
        defer { Glibc.close(file.rawValue) }
        if faults.isEmpty {
            var offset = range.lowerBound
            while offset < range.upperBound {
                let sent = try socket.sendFile(file, from: offset, count: Int(min(1 << 20, range.upperBound - offset)))
                offset += Int64(sent)
                account(sent)
            }
        } else {
            try inSteps(range) { buffer, offset throws(ConnectionEnd) in
                var filled = 0
                while filled < buffer.count {
                    let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
                    let count: Int
                    do {
                        count = try file.read(fromAbsoluteOffset: offset + Int64(filled), into: rest)
                    } catch { throw ConnectionEnd() }
                    guard count > 0 else { throw ConnectionEnd() }
                    filled += count
                }
            }
        }
    }

    private mutating func inSteps(
        _ range: Range<Int64>, fill: (UnsafeMutableRawBufferPointer, Int64) throws(ConnectionEnd) -> Void
    ) throws(ConnectionEnd) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.step, alignment: 16)
        defer { buffer.deallocate() }
        var offset = range.lowerBound
        while offset < range.upperBound {
            let part = UnsafeMutableRawBufferPointer(
                rebasing: buffer[..<Int(min(Int64(Self.step), range.upperBound - offset))])
            try fill(part, offset)
            try write(UnsafeRawBufferPointer(part), at: offset)
            offset += Int64(part.count)
        }
    }

    private mutating func account(_ count: Int) {
        sent += Int64(count)
        state.change(number) { $0.payloadBytes += Int64(count) }
        for candidate in faults {
            guard case .rate(let rate) = candidate.fault.kind, rate > 0 else { continue }
            let due = start + .seconds(Double(sent) / Double(rate))
            let wait = ContinuousClock.now.duration(to: due)
            if wait > .zero {
                usleep(
                    useconds_t(
                        min(
                            1_000_000,
                            wait.components.seconds * 1_000_000 + wait.components.attoseconds / 1_000_000_000_000)))
            }
        }
    }
}

extension BodyWriter {
    private func threshold(_ fault: Fault) -> Int64? {
        switch fault.kind {
        case .drop(let after), .reset(let after), .stall(let after): max(0, after)
        default: nil
        }
    }

    /// How much may be sent before a fault has to be looked at again.
    private var bytesUntilStrike: Int64 {
        var limit = Int64.max
        for candidate in faults {
            if let after = threshold(candidate.fault), after > sent { limit = min(limit, after - sent) }
            // 20 pieces a second are smooth enough to look like a slow line.
            if case .rate(let rate) = candidate.fault.kind { limit = min(limit, max(1, rate / 20)) }
        }
        return limit
    }

    private mutating func strikeHere() throws(ConnectionEnd) {
        for candidate in faults where threshold(candidate.fault) == sent {
            faults.removeAll { $0.id == candidate.id }
            guard state.strikes(candidate) else { continue }
            switch candidate.fault.kind {
            case .drop:
                socket.finish()
                throw ConnectionEnd()
            case .reset:
                socket.resetOnClose()
                throw ConnectionEnd()
            default:
                state.change(number) { $0.isStalled = true }
                candidate.gate.wait()
                state.change(number) { $0.isStalled = false }
            }
        }
    }

    private mutating func damage(_ part: UnsafeRawBufferPointer, at offset: Int64) -> [UInt8]? {
        var damaged: [UInt8]?
        for candidate in faults {
            guard case .corrupt(let position) = candidate.fault.kind,
                (offset..<offset + Int64(part.count)).contains(position), state.strikes(candidate)
            else { continue }
            var bytes = damaged ?? Array(part)
            bytes[Int(position - offset)] ^= 1
            damaged = bytes
        }
        if damaged != nil { state.change(number) { $0.isDamaged = true } }
        return damaged
    }
}
