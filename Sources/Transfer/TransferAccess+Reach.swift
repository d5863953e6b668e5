extension TransferAccess {
    /// Whether something that a configured origin gave may name `url`, so far as the host's spelling tells: a private
    /// address only where a configured origin is private, as a number or as what its name resolves to. A host that is
    /// written as a name is judged when it is connected to.
    ///
    /// Asks the resolver for the configured origins where a private address is named.
    public func mayName(_ url: String) async -> Bool {
        // What is no URL of http is for those to judge who speak that protocol.
        guard let address = try? WebAddress(url) else { return true }
        let origins = ConfiguredOrigins(self)
        let policy = origins.policy(for: address.origin, isProxied: false)
        let host = address.origin.host
        if policy.permits(host: host), policy.allowsLocal || !AddressClass.isLoopback(host: host) { return true }
        if AddressClass(numeric: host) == .linkLocal { return false }
        return await origins.resolvesLocally()
    }
}
