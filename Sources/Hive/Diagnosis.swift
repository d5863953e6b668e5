public import ArtifactTypes
public import Provisioning
import WorkerBuild

/// What this machine has and lacks for the hive's work, as `doctor` tells it.
public struct Diagnosis: Sendable, Encodable {
    public struct Finding: Sendable, Encodable {
        public enum State: String, Sendable, Encodable {
            case ok
            /// Not there; something can be done without it.
            case missing
            /// There, and of no use as it is.
            case broken
        }

        public let name: String
        public let state: State
        /// A version, a path, a number: whatever is worth knowing.
        public let detail: String?
        /// What to do about it.
        public let remedy: String?

        init(_ name: String, _ state: State, _ detail: String? = nil, remedy: String? = nil) {
            self.name = name
            self.state = state
            self.detail = detail
            self.remedy = remedy
        }
    }

    /// A device that computes, and the driver that is loaded for it.
    public struct Device: Sendable, Encodable {
        public let name: String
        public let driver: String?
        /// Bytes of its own.
        public let memory: Int64?
        /// As `9.0`; of NVIDIA's alone.
        public let computeCapability: String?

        init(_ device: AcceleratorDevice) {
            name = device.name
            driver = device.driver
            memory = device.memory
            computeCapability = device.computeCapability
        }
    }

    /// One variant of a worker, and whether it could be built here.
    public struct Buildable: Sendable, Encodable {
        public let worker: String
        public let vendor: String
        public let variant: Accelerator
        public let isBuildable: Bool
        /// Why not; nil where it is.
        public let reason: String?
    }

    public let version: String
    public let libraries: [Finding]
    public let tools: [Finding]
    public let accelerators: [Device]
    public let acceleratorProblem: String?
    public let sandbox: Finding
    public let store: [Finding]
    /// Those that failed of late, and are tried last for a while.
    public let mirrors: [Finding]
    public let credentials: [Finding]
    public let vendors: [Finding]
    public let workers: [Buildable]

    /// The first thing that has to be mended before all that is configured works; nil where it does.
    ///
    /// A broken vendors.d file and a sandbox that cannot work are 78. Missing compilers are 69 where there are recipes
    /// and no variant of any can be built.
    public var problem: ProvisionError? {
        if let vendor = vendors.first(where: { $0.state == .broken }) {
            return ProvisionError(
                .configuration, "vendor \(vendor.name): \(vendor.detail ?? "broken")", remedy: vendor.remedy)
        }
        if sandbox.state != .ok {
            return ProvisionError(.sandboxUnavailable, sandbox.detail ?? "no sandbox", remedy: sandbox.remedy)
        }
        guard !workers.isEmpty, !workers.contains(where: \.isBuildable) else { return nil }
        return ProvisionError(.missingTool, "no worker can be built here: \(workers[0].reason ?? "")")
    }
}
