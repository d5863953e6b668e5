import ArtifactTypes
public import Provisioning
import WorkerBuild

/// What this machine can run, and what it can build.
public struct WorkerMachine: Sendable {
    let platform: HostPlatform
    /// What computes here: the processor, and whatever has a device.
    private let present: Set<Accelerator>
    /// Why there may be more devices than are known.
    let problem: String?
    private let environment: [String: String]

    public init(environment: [String: String]) async {
        let survey = await AcceleratorSurvey(environment: environment)
        let platform = HostPlatform.current
        let own: Set<Accelerator> = platform.os == .macos ? [.cpu, .metal] : [.cpu]
        self.init(
            platform: platform, accelerators: own.union(survey.devices.map(\.accelerator)), problem: survey.problem,
            environment: environment)
    }

    init(
        platform: HostPlatform, accelerators: Set<Accelerator>, problem: String? = nil, environment: [String: String]
    ) {
        self.platform = platform
        present = accelerators
        self.problem = problem
        self.environment = environment
    }

    /// What is tried first where several variants could run.
    static let preference: [Accelerator] = [.metal, .cuda, .rocm, .cpu]

    /// What this machine makes of each of them, the one to be preferred first.
    public var accelerators: [AcceleratorFitness] {
        Self.preference.map { AcceleratorFitness($0, objection: absence(of: $0)) }
    }

    /// What this machine makes of one variant of an offered worker.
    public func judge(_ variant: OfferedWorker.Variant) -> VariantVerdict {
        let missing = variant.source == nil ? [] : requirements(of: variant).missing(variant.accelerator)
        return VariantVerdict(
            variant: variant.accelerator, reason: objection(to: variant) ?? absence(of: variant.accelerator),
            prebuilt: variant.prebuilt != nil, source: variant.source != nil,
            missingTools: missing.map { "\($0.tool) is not here: \($0.advice)" })
    }

    /// Why a variant is not for this machine; nil where it is.
    func objection(to variant: OfferedWorker.Variant) -> String? {
        if !variant.platforms.isEmpty, !variant.platforms.contains(platform.os.rawValue) {
            return "it is for \(variant.platforms.joined(separator: ", ")), and this is \(platform.os.rawValue)"
        }
        if !variant.architectures.isEmpty, !variant.architectures.contains(platform.arch) {
            return "it is for \(variant.architectures.joined(separator: ", ")), and this is \(platform.arch)"
        }
        if variant.prebuilt == nil, variant.source == nil { return "it has no PKGBUILD" }
        return nil
    }

    /// Why an accelerator cannot be used here; nil where it can.
    func absence(of accelerator: Accelerator) -> String? {
        if present.contains(accelerator) { return nil }
        switch accelerator {
        case .cpu: return nil
        case .metal: return "metal is there on macOS alone"
        case .cuda: return problem ?? "there is no NVIDIA GPU here (nvidia-smi finds none)"
        case .rocm: return problem ?? "there is no AMD GPU here (rocminfo finds none)"
        }
    }

    /// What compiling a variant wants.
    func requirements(of variant: OfferedWorker.Variant, sandboxed: Bool = true) -> ToolRequirements {
        ToolRequirements(
            table: variant.table(named: "", .source), environment: environment, sandboxed: sandboxed,
            system: platform.os)
    }
}

extension OfferedWorker.Variant {
    /// What a vendors.d file would say of it.
    func table(named name: String, _ form: OfferedRecipe.Form) -> WorkerRecipeTable {
        let tools = form == .source ? PackageDescription.tools(of: packages) : []
        return WorkerRecipeTable(
            name: name, variants: [accelerator], build: [], pkgbuild: form == .source ? source : prebuilt, binary: "",
            requires: ["all": tools], toolchains: tools.contains("cargo") ? ["rust"] : [])
    }
}
