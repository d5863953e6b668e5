public import ArtifactTypes

/// Whether a worker for an accelerator can run on this machine.
public struct AcceleratorFitness: Sendable, Hashable {
    public let accelerator: Accelerator
    /// Why it cannot; nil where it can.
    public let objection: String?

    public init(_ accelerator: Accelerator, objection: String? = nil) {
        self.accelerator = accelerator
        self.objection = objection
    }
}
