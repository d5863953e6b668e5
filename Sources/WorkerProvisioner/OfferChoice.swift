public import ArtifactTypes
public import Provisioning
import WorkerBuild

/// Which variant of an offered worker is for a machine, and which were passed over.
public struct OfferChoice: Sendable {
    /// What to try, in this order; all of one variant.
    public let recipes: [OfferedRecipe]
    /// Why the variant could not be built here, where it is offered to be; nil where it could.
    public let obstacle: String?
    public let rejected: [Rejection]

    public struct Rejection: Sendable, Hashable {
        public let variant: Accelerator
        public let reason: String
    }

    /// - Parameters:
    ///   - asked: the only variant that will do, whether or not a device for it is found; nil for the best.
    ///   - form: the only form that will do; nil for prebuilt first.
    /// - Throws: `.unsupported` or `.missingTool`, with every variant and why it is not for this machine.
    public init(
        _ worker: OfferedWorker, asked: Accelerator?, form: OfferedRecipe.Form?, sandboxed: Bool,
        on machine: WorkerMachine
    ) throws(ProvisionError) {
        var rejected: [Rejection] = []
        var lacksTools = false
        for accelerator in WorkerMachine.preference where asked ?? accelerator == accelerator {
            func reject(_ reason: String) { rejected.append(Rejection(variant: accelerator, reason: reason)) }
            guard let variant = worker.variants.first(where: { $0.accelerator == accelerator }) else {
                if asked != nil { reject("\(worker.name) \(worker.version) has none") }
                continue
            }
            if let reason = machine.objection(to: variant) ?? (asked == nil ? machine.absence(of: accelerator) : nil) {
                reject(reason)
                continue
            }
            var recipes: [OfferedRecipe] = []
            var obstacle: String?
            if variant.prebuilt != nil, form != .source { recipes.append(OfferedRecipe(accelerator, .prebuilt)) }
            if variant.source != nil, form != .prebuilt {
                let missing = machine.requirements(of: variant, sandboxed: sandboxed).missing(accelerator)
                if missing.isEmpty {
                    recipes.append(OfferedRecipe(accelerator, .source))
                } else {
                    obstacle = "there is no " + missing.map { "\($0.tool) (\($0.advice))" }.joined(separator: ", ")
                }
            }
            if recipes.isEmpty, let obstacle {
                reject("it would have to be built, and \(obstacle)")
                lacksTools = true
                continue
            }
            if recipes.isEmpty {
                reject("there is no \(form?.rawValue ?? "") one")
                continue
            }
            self.recipes = recipes
            self.obstacle = obstacle
            self.rejected = rejected
            return
        }
        let reasons = rejected.map { "\($0.variant): \($0.reason)" }.joined(separator: "; ")
        throw ProvisionError(
            lacksTools ? .missingTool : .unsupported,
            "no variant of \(worker.name) \(worker.version) is for this machine: \(reasons)",
            remedy: "rbee-hive worker available shows what there is")
    }
}
