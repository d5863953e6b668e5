public import ArtifactTypes

/// Whether one variant of an offered worker could run on this machine, and how it could get there.
public struct VariantVerdict: Sendable, Hashable, Encodable {
    public let variant: Accelerator
    /// Why it cannot run here; nil where it can.
    public let reason: String?
    /// Whether it is offered as others have compiled it.
    public let prebuilt: Bool
    /// Whether it is offered to be compiled.
    public let source: Bool
    /// What is missing here to compile it.
    public let missingTools: [String]

    public init(variant: Accelerator, reason: String?, prebuilt: Bool, source: Bool, missingTools: [String]) {
        self.variant = variant
        self.reason = reason
        self.prebuilt = prebuilt
        self.source = source
        self.missingTools = missingTools
    }

    /// Whether it could be installed: it runs here, and comes compiled or can be.
    public var canBeHad: Bool { reason == nil && (prebuilt || missingTools.isEmpty) }
}
