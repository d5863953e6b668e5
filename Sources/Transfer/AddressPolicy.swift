import Glibc
import Threads

/// Which addresses one exchange may connect to.
struct AddressPolicy: Sendable {
    var allowsLocal: Bool
    var allowsLinkLocal: Bool
    /// The connection goes to the proxy that the user configured, whose address is no business of these rules. The
    /// host's own is the proxy's to look up; only one that is written as a number can be judged here.
    var isProxied: Bool

    /// Whether `text`, the numeric address of a connection, is allowed.
    func permits(_ text: String) -> Bool {
        isProxied || permits(AddressClass(numeric: text))
    }

    /// Whether a host is forbidden already by how it is written.
    func permits(host: String) -> Bool {
        AddressClass(numeric: host).map { permits($0) } ?? true
    }

    private func permits(_ kind: AddressClass?) -> Bool {
        switch kind {
        case .global: true
        case .loopback, .local: allowsLocal
        case .linkLocal: allowsLinkLocal
        case nil: false
        }
    }
}

/// The origins that the user configured, and what follows from them.
struct ConfiguredOrigins: Sendable {
    private let origins: Set<WebAddress.Origin>

    init(_ access: TransferAccess) {
        var origins = Set<WebAddress.Origin>()
        for text in access.configuredOrigins {
            // An origin of another kind (ssh://…) says nothing about http.
            if let address = try? WebAddress(text) { origins.insert(address.origin) }
        }
        self.origins = origins
    }

    /// What the user configured may be private, and if it is, what it points to may be too. The addresses that clouds
    /// keep credentials at must be configured themselves.
    func policy(for origin: WebAddress.Origin, isProxied: Bool) -> AddressPolicy {
        let isConfigured = origins.contains(origin)
        return AddressPolicy(
            allowsLocal: isConfigured || origins.contains { Self.isLocal($0.host) }, allowsLinkLocal: isConfigured,
            isProxied: isProxied)
    }

    /// Whether the name of a configured origin resolves to a private address. Asks the resolver, and so may take
    /// seconds: for the case alone that a connection was refused by these rules.
    func resolvesLocally() async -> Bool {
        let names = origins.map(\.host).filter { AddressClass(numeric: $0) == nil }
        guard !names.isEmpty else { return false }
        return await onThread { names.contains { Self.addresses(of: $0).contains { $0 == .local || $0 == .loopback } } }
    }

    private static func isLocal(_ host: String) -> Bool {
        if AddressClass.isLoopback(host: host) { return true }
        return AddressClass(numeric: host) == .local
    }

    private static func addresses(of host: String) -> [AddressClass] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var kinds: [AddressClass] = []
        var next = list
        while let entry = next {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let length = socklen_t(text.count)
            if getnameinfo(
                entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, length, nil, 0, NI_NUMERICHOST) == 0,
                let kind = AddressClass(numeric: text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })
            {
                kinds.append(kind)
            }
            next = entry.pointee.ai_next
        }
        return kinds
    }
}
