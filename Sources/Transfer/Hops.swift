import ArtifactTypes
import Logging

/// A request as it is sent along a chain of redirects.
struct Call: Sendable {
    var method = "GET"
    var url: String
    var headers: [String: String] = [:]
    var secretHeaders: [String: Secret] = [:]
    var body: [UInt8]?
    var access: TransferAccess
    /// The longest that is waited where the host has asked to be left alone; nil for as long as it asks.
    var patience: Duration?
    /// In bytes a second, over the stall time-out.
    var minimumRate = 1024
    var allowsHTTP2 = false
    var allowsGzip = false
}

struct Answer: Sendable {
    var head: ResponseHead
    /// The sink stopped the body; it knows why.
    var wasStopped: Bool
    var address: WebAddress
}

extension TransferEngine {
    /// RFC 9110, 15.4 leaves the number to the client; browsers take 20, curl 30 or 50, the network rules 10.
    static let maximumRedirects = 10

    /// Sends a call and follows its redirects under the network rules, into `sink`. One attempt.
    func perform(_ call: Call, id: ExchangeID? = nil, into sink: any AnswerSink) async throws(TransferError) -> Answer {
        var chain = try RedirectChain(call)
        let origins = ConfiguredOrigins(call.access)
        for _ in 0...Self.maximumRedirects {
            let last = LastHead(sink)
            let outcome = try await exchange(chain.call, at: chain.address, origins, id: id, into: last)
            guard case .answered(let head) = outcome else {
                guard case .stopped = outcome, let head = last.head else {
                    throw TransferError(.connect, "the answer ended early", url: chain.address.safe)
                }
                return Answer(head: head, wasStopped: true, address: chain.address)
            }
            noteLimit(head, of: chain.address.origin)
            guard let location = head.redirect else {
                return Answer(head: head, wasStopped: false, address: chain.address)
            }
            try chain.follow(location, status: head.status)
        }
        throw TransferError(.redirects, "more than \(Self.maximumRedirects) redirects", url: chain.address.safe)
    }

    /// A wait over the cap is nobody's to sit out: each request reports it.
    private func noteLimit(_ head: ResponseHead, of origin: WebAddress.Origin) {
        guard let wait = RetryPolicy.rest(askedBy: head), wait <= configuration.maximumRetryAfter else { return }
        if gate.shut(origin, for: wait) {
            logger.warning("\(origin) answers \(head.status) and is left alone for \(wait.components.seconds) s")
        }
    }

    private func exchange(
        _ call: Call, at address: WebAddress, _ origins: ConfiguredOrigins, id: ExchangeID?, into sink: any AnswerSink
    ) async throws(TransferError) -> ExchangeOutcome {
        let proxy = configuration.proxies.proxy(
            scheme: address.origin.scheme, host: address.origin.host, otherwise: call.access.proxy)
        var policy = origins.policy(for: address.origin, isProxied: proxy != nil)
        guard policy.permits(host: address.origin.host) else {
            throw TransferError(
                .forbidden, "\(address.origin.host) is a private address, and no configured origin is one",
                url: address.safe)
        }
        if let wait = gate.remaining(address.origin) {
            guard wait <= call.patience ?? wait else {
                throw TransferError(
                    .rateLimited(retryAfter: Int(wait.components.seconds)), "the server asks to be left alone",
                    url: address.safe)
            }
            try await pause(wait)
        }
        for isRepeated in [false, true] {
            if Task.isCancelled { throw .cancelled }
            logger.trace("request", metadata: ["method": "\(call.method)", "url": "\(address.safe)"])
            let request = exchangeRequest(call, at: address, policy: policy, proxy: proxy)
            let outcome = await loop.perform(request, id: id ?? loop.newID(), into: sink)
            guard case .failed(let error) = outcome else { return outcome }
            logger.debug("request failed", metadata: ["url": "\(address.safe)", "reason": "\(error.message)"])
            // A configured name may stand for a private network, and what it points to may then lie there too.
            guard error.code == .forbidden, !isRepeated, await origins.resolvesLocally() else { throw error }
            policy.allowsLocal = true
        }
        throw TransferError(.forbidden, "a private address", url: address.safe)
    }

    private func exchangeRequest(
        _ call: Call, at address: WebAddress, policy: AddressPolicy, proxy: String?
    ) -> ExchangeRequest {
        var lines = call.headers.map { "\($0): \($1)" }
        lines += call.secretHeaders.map { "\($0): \($1.reveal())" }
        // libcurl reads "name:" as "leave it out", "name;" as "send it empty".
        lines = lines.map { $0.hasSuffix(": ") ? String($0.dropLast(2)) + ";" : $0 }
        return ExchangeRequest(
            method: call.method, address: address, headerLines: lines, body: call.body, policy: policy, proxy: proxy,
            caFile: call.access.caFile(for: address.origin) ?? configuration.caFile, userAgent: configuration.userAgent,
            connectTimeout: configuration.connectTimeout, stallTimeout: max(1, call.access.stallTimeout),
            minimumRate: call.minimumRate, allowsHTTP2: call.allowsHTTP2, allowsGzip: call.allowsGzip)
    }
}
