public import ArtifactTypes
public import Provisioning

/// Why a reference belongs to the vendor that it does, as `vendor explain` tells it.
public struct VendorExplanation: Sendable {
    public enum Verdict: String, Sendable, Codable {
        case matches
        case doesNotMatch
        case otherKind
        case disabled
        case broken
        /// The reference names another vendor.
        case notAsked
    }

    /// One vendor, and what became of it.
    public struct Considered: Sendable, Hashable {
        public let name: String
        public let module: String?
        public let priority: Int
        /// The patterns that were tried; empty where it did not come to that.
        public let forms: [String]
        /// The pattern that matched; of a disabled or broken vendor the one that would.
        public let form: String?
        /// How much of that pattern is fixed text.
        public let specificity: Int
        public let verdict: Verdict
        public let reason: String

        init(
            _ slot: VendorSlot, forms: [ReferenceForm] = [], form: ReferenceForm? = nil, verdict: Verdict,
            reason: String
        ) {
            name = slot.name
            module = slot.configuration?.module
            priority = (slot.configuration ?? slot.salvage.configurations.first)?.priority ?? 50
            self.forms = forms.map(\.pattern)
            self.form = form?.pattern
            specificity = form?.specificity ?? 0
            self.verdict = verdict
            self.reason = reason
        }

        /// Whether this one is preferred where both match.
        func precedes(_ other: Considered) -> Bool {
            (other.priority, other.specificity, name) < (priority, specificity, other.name)
        }

        /// Whether the reference is this vendor's although it is broken or disabled, and not `winner`'s: no other vendor
        /// takes in its place what it alone has rules, a token or signers for.
        ///
        /// A broken one keeps what it would have won, less what the order of names alone decides. A disabled one keeps
        /// what it says more closely than the winner, as a URL's host; a bare name goes on to the next vendor.
        func keeps(from winner: Considered?) -> Bool {
            guard form != nil, verdict == .broken || verdict == .disabled else { return false }
            guard let winner else { return true }
            let isPreferred = (priority, specificity) > (winner.priority, winner.specificity)
            return isPreferred && (verdict == .broken || specificity > winner.specificity)
        }
    }

    public let reference: ArtifactReference
    public let kind: ArtifactKind
    /// In the order that the vendors were read.
    public let considered: [Considered]
    public let winner: String?
    /// Why there is no winner, or why what it has is not taken: what a download would fail with.
    public package(set) var error: ProvisionError?
    /// What the winner's trust table says of it, rule by rule.
    public private(set) var trust: [TrustVerdict] = []

    init(
        reference: ArtifactReference, kind: ArtifactKind, considered: [Considered], winner: String?,
        error: ProvisionError?
    ) {
        self.reference = reference
        self.kind = kind
        self.considered = considered
        self.winner = winner
        self.error = error
    }

    /// Says what the winner's trust table makes of the reference, and of what the vendor answered once it was asked.
    package mutating func judge(by winner: VendorRegistry.Match, _ resolution: Resolution? = nil) {
        trust = winner.verdicts(resolution)
        error = winner.configuration.refusal(of: winner.reference, in: trust)
    }
}

extension VendorExplanation.Considered: Encodable {
    private enum Key: String, CodingKey {
        case name, module, priority, forms, form, specificity, verdict, reason
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        try container.encode(module, forKey: .module)
        try container.encode(priority, forKey: .priority)
        try container.encode(forms, forKey: .forms)
        try container.encode(form, forKey: .form)
        try container.encode(specificity, forKey: .specificity)
        try container.encode(verdict, forKey: .verdict)
        try container.encode(reason, forKey: .reason)
    }
}

extension VendorExplanation: Encodable {
    private enum Key: String, CodingKey {
        case reference, kind, considered, winner, trust, error
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(reference, forKey: .reference)
        try container.encode(kind, forKey: .kind)
        try container.encode(considered, forKey: .considered)
        try container.encode(winner, forKey: .winner)
        try container.encode(trust, forKey: .trust)
        try container.encode(error?.description, forKey: .error)
    }
}
