import ArtifactTypes
import Logging
import Provisioning
import Synchronization

extension VendorRegistry {
    /// The references that a vendor which is out of use would take, as far as that can be told.
    func claims(of slot: VendorSlot) -> [ReferenceForm] {
        let configurations = slot.configuration.map { [$0] } ?? slot.salvage.configurations
        return configurations.flatMap { claims(of: $0) ?? [] }
    }

    /// Whether a broken file may say of more references than `claims` knows that they are its vendor's.
    private func isUncertain(_ salvage: VendorSalvage) -> Bool {
        // The first is the file's own; the others are what it was to replace.
        guard salvage.isComplete, let own = salvage.configurations.first else { return true }
        return claims(of: own) == nil
    }

    /// Nil where that cannot be told.
    private func claims(of configuration: VendorConfiguration) -> [ReferenceForm]? {
        if !configuration.forms.isEmpty { return configuration.forms }
        if let provisioner = make(configuration).success { return provisioner.forms }
        // Whatever the module refuses, the server that is named stays the vendor's.
        let forms = configuration.placesAlone.flatMap { make($0).success?.forms ?? [] }
        return forms.isEmpty ? nil : forms
    }

    /// Warns, once in a process, of each file of which it cannot be told whether it says that `reference`, which goes to
    /// a vendor of URLs of any host, is its own vendor's.
    func warnOfUnreadable(_ reference: ArtifactReference, _ winner: String) {
        for slot in active {
            guard case .broken(let error) = slot.content, isUncertain(slot.salvage) else { continue }
            guard warned.withLock({ $0.insert("\(reference) \(error.file)").inserted }) else { continue }
            services.logger.warning(
                """
                \(error.description). What that file says of "\(reference.stem.visiblyEscaped)" does not count: it goes \
                to vendor \(winner)
                """)
        }
    }
}

extension VendorConfiguration {
    /// The options by which the modules tell their references.
    private static let places = ["origin", "registry", "url", "endpoint"]

    /// The same with nothing but the forge and the server, without the rest of its URL; with either scheme where none
    /// is said.
    fileprivate var placesAlone: [VendorConfiguration] {
        ["https://", "http://"].map { scheme in
            var alone = self
            alone.options.values = options.values.filter { $0.key == "forge" }
            for name in Self.places {
                guard let text = options.string(name) else { continue }
                let url = text.contains("://") ? text : scheme + text
                let plain = ArtifactReference.normalizingAuthority(of: url, keepingUser: false)
                guard let start = plain.firstRange(of: "://")?.upperBound else { continue }
                let authority = plain[start...].prefix { !"/?#\\".contains($0) }
                alone.options.values[name] = .string("\(plain[..<start])\(authority)")
            }
            return alone
        }
    }
}
