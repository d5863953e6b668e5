import ArtifactTypes

/// Where a call stands on its way along redirects, and what it may still carry.
struct RedirectChain: Sendable {
    private(set) var call: Call
    private(set) var address: WebAddress

    private static let secretNames: Set<String> = ["authorization", "proxy-authorization", "cookie"]

    init(_ call: Call) throws(TransferError) {
        address = try WebAddress(call.url)
        for (name, value) in call.headers.map({ ($0, $1) }) + call.secretHeaders.map({ ($0, $1.reveal()) }) {
            guard Self.isField(name, value) else {
                // The value may be the secret itself: it is not shown.
                throw TransferError(.unsupported, "header \(name.debugDescription) has a line break", url: address.safe)
            }
        }
        self.call = call
        try checkSecrets()
    }

    /// Takes the next step, or says which rule forbids it.
    mutating func follow(_ location: String, status: Int) throws(TransferError) {
        let next = try address.resolving(location)
        if address.origin.scheme == "https", next.origin.scheme == "http" {
            throw TransferError(.forbidden, "a redirect leads from https to http at \(next.safe)", url: address.safe)
        }
        // RFC 9110, 15.4: 303 asks for a GET; of 301 and 302 every client has long made one.
        let becomesGet = status == 303 || ((status == 301 || status == 302) && call.method == "POST")
        if next.origin != address.origin {
            // A body may hold a secret as well: a token that is to be renewed, say.
            guard becomesGet || call.body == nil else {
                throw TransferError(
                    .forbidden, "a redirect would take the request's body to \(next.origin)", url: address.safe)
            }
            // Never restored: a foreign origin must not be able to choose where on the first one a secret goes.
            call.secretHeaders = [:]
            call.headers = call.headers.filter { !Self.secretNames.contains($0.key.lowercased()) }
        }
        if becomesGet, call.method != "HEAD" {
            call.method = "GET"
            call.body = nil
            call.headers = call.headers.filter { !$0.key.lowercased().hasPrefix("content-") }
        }
        address = next
    }

    /// A secret goes in clear to this machine alone, unless the configuration says otherwise.
    private func checkSecrets() throws(TransferError) {
        let hasSecrets =
            !call.secretHeaders.isEmpty || call.headers.keys.contains { Self.secretNames.contains($0.lowercased()) }
        guard hasSecrets, address.origin.scheme == "http", !call.access.allowInsecure,
            !AddressClass.isLoopback(host: address.origin.host)
        else { return }
        throw TransferError(
            .forbidden, "a secret would go over plain http; use https, or allow it in the vendor's configuration",
            url: address.safe)
    }

    /// RFC 9110, 5.5: no line break or NUL may pass into the request.
    private static func isField(_ name: String, _ value: String) -> Bool {
        !name.isEmpty && !name.utf8.contains { $0 <= 0x20 || $0 >= 0x7f || $0 == UInt8(ascii: ":") }
            && !value.utf8.contains { $0 == 0 || $0 == 10 || $0 == 13 }
    }
}
