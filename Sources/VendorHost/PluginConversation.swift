import ArtifactTypes
import FoundationEssentials
import Logging
import Processes
import Provisioning
import VendorKit

/// A line's way to and from a plug-in's process.
struct PluginPipe: Sendable {
    /// Sends one line, its end included.
    let write: @Sendable ([UInt8]) async throws(ProcessError) -> Void
    /// The next line without its end; nil once the process has closed its output.
    let read: @Sendable () async throws(ProcessError) -> [UInt8]?
    /// Ends the process's input.
    let close: @Sendable () async throws(ProcessError) -> Void
}

/// The hive's side of one conversation with a plug-in: a request, then its answer, and nothing else but notifications.
struct PluginConversation {
    let pipe: PluginPipe
    let log: PluginLog
    let notices: NoticePace
    let leash: Leash
    /// Whether the plug-in said that it brings files itself.
    var canFetch = false
    /// Whether it said that it goes on from what it had fetched when it was cut off.
    var resumes = false
    private var lastID: Int64 = 0

    init(pipe: PluginPipe, log: PluginLog, notices: NoticePace, leash: Leash) {
        self.pipe = pipe
        self.log = log
        self.notices = notices
        self.leash = leash
    }

    /// The number of the request that is waited for.
    private var currentID: MessageID { .number(lastID) }
    /// Tells the plug-in that its next request is no longer wanted; one that no longer reads is killed all the same.
    var farewell: @Sendable () async -> Void {
        let notification = WireNotification(method: .cancel, params: CancelParameters(id: .number(lastID + 1)))
        return { [pipe] in
            guard let line = try? JSONEncoder().encode(notification) else { return }
            try? await pipe.write(Array(line) + [UInt8(ascii: "\n")])
        }
    }

    /// Sends a request and returns the whole line of its successful answer.
    ///
    /// - Throws: `.unavailable` for anything that is not the answer; the plug-in's own error by its code.
    mutating func call(
        _ method: PluginProtocol.Method, _ params: some Encodable & Sendable
    ) async throws(ProvisionError) -> [UInt8] {
        lastID += 1
        return try await ask(WireRequest(id: currentID, method: method, params: params))
    }

    /// Sends a request for a method that the protocol has not; a good answer to it is an error.
    mutating func call(unknown method: String) async throws(ProvisionError) -> [UInt8] {
        lastID += 1
        return try await ask(UnknownRequest(id: currentID, method: method))
    }

    /// Makes a request and cancels it at once.
    ///
    /// - Returns: how it was answered.
    mutating func callCancelled(
        _ method: PluginProtocol.Method, _ params: some Encodable & Sendable
    ) async throws(ProvisionError) -> String {
        lastID += 1
        let request = WireRequest(id: currentID, method: method, params: params)
        try await send(request)
        do throws(ProvisionError) {
            try await send(WireNotification(method: .cancel, params: CancelParameters(id: currentID)))
            while try take(try await nextLine()) == nil {}
            return "answered all the same"
        } catch {
            guard leash.hasAnswered else { throw error }
            return "answered with \(error.code.name)"
        }
    }

    private func ask(_ request: some Encodable & Sendable) async throws(ProvisionError) -> [UInt8] {
        try await send(request)
        while true {
            if let answer = try take(try await nextLine()) { return answer }
        }
    }

    /// Sends one message: a request, or a notification, which wants no answer.
    func send(_ request: some Encodable) async throws(ProvisionError) {
        let line: [UInt8]
        do {
            line = Array(try JSONEncoder().encode(request)) + [UInt8(ascii: "\n")]
        } catch {
            throw ProvisionError(.unavailable, "the request cannot be encoded: \(error)")
        }
        do {
            try await pipe.write(line)
        } catch {
            // What it said before it went is worth more than that it went: the next read finds its end.
            guard case .io = error.code else { throw broken(error) }
        }
    }

    private func nextLine() async throws(ProvisionError) -> [UInt8] {
        let line: [UInt8]?
        do {
            line = try await pipe.read()
        } catch {
            throw broken(error)
        }
        guard let line else { throw ProvisionError(.unavailable, "it ended without an answer") }
        return line
    }

    private func broken(_ error: ProcessError) -> ProvisionError {
        switch error.code {
        case .cancelled: ProvisionError(.cancelled, "cancelled")
        case .lineTooLong: ProvisionError(.unavailable, "its message is over the limit")
        default: ProvisionError(.unavailable, error.message)
        }
    }

    /// The line if it is the answer that is waited for; nil for a notification.
    private func take(_ line: [UInt8]) throws(ProvisionError) -> [UInt8]? {
        guard String(validating: line, as: UTF8.self) != nil else {
            throw ProvisionError(.unavailable, "what it writes is not UTF-8")
        }
        let data = Data(line)
        let envelope: WireEnvelope
        do {
            envelope = try JSONDecoder().decode(WireEnvelope.self, from: data)
        } catch {
            let text = log.presentable(String(decoding: line, as: UTF8.self)).prefix(100)
            throw ProvisionError(.unavailable, "what it writes is not a message of the protocol: \(text)")
        }
        switch envelope.kind {
        case .success(currentID):
            return line
        case .failure(nil):
            throw failure(data)
        case .failure(let id?) where id == currentID:
            throw failure(data)
        case .success(let id), .failure(let id?):
            throw ProvisionError(.unavailable, "it answers a request that nobody waits for (\(id.shown))")
        case .request:
            throw ProvisionError(.unavailable, "it makes a request of its own, which the protocol has not")
        case .notification(let method):
            try notice(method, data)
            return nil
        }
    }

    private func failure(_ data: Data) -> ProvisionError {
        do {
            let error = try JSONDecoder().decode(WireFailure.self, from: data).error
            leash.noteAnswer()
            return ProvisionError(error.provisionCode, log.presentable(error.message))
        } catch {
            return ProvisionError(.unavailable, "its error is not one of the protocol")
        }
    }

    /// Notifications of a kind that is not known, or not well formed, are passed over, as JSON-RPC has it.
    private func notice(_ method: String, _ data: Data) throws(ProvisionError) {
        guard log.admits(data.count) else { throw PluginLog.flood }
        let decoder = JSONDecoder()
        switch PluginProtocol.Method(rawValue: method) {
        case .progress:
            guard let note = try? decoder.decode(WireNotification<ProgressParameters>.self, from: data) else { return }
            leash.renew()
            notices.take(log.presentable(note.params.message))
        case .log:
            guard let note = try? decoder.decode(WireNotification<LogParameters>.self, from: data) else { return }
            log.write(note.params.message, level: note.params.level.flatMap(Logger.Level.init(rawValue:)) ?? .info)
        default:
            break
        }
    }
}

extension MessageID {
    fileprivate var shown: String {
        switch self {
        case .number(let number): "id \(number)"
        case .text(let text): "id \"\(text)\""
        }
    }
}

private struct UnknownRequest: Encodable, Sendable {
    let jsonrpc = "2.0"
    let id: MessageID
    let method: String
    let params: [String: String] = [:]
}
