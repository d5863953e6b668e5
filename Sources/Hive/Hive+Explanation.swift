public import ArtifactTypes
import ModelProvisioner
import Pipeline
public import Provisioning
public import Vendors

extension Hive {
    /// Which vendor a reference goes to, why, and whether its trust table takes it; what a download would fail with
    /// stands in it.
    ///
    /// - Parameter asking: whether the vendor is asked what the reference is; else its license, files and size are left
    ///   open. No payload moves.
    public func explain(
        _ reference: ArtifactReference, kind: ArtifactKind, asking: Bool, progress: ProgressSink
    ) async -> VendorExplanation {
        var explanation = registry.explain(reference, kind: kind)
        guard asking, explanation.winner != nil else { return explanation }
        do throws(ProvisionError) {
            let match = try registry.vendor(for: reference, kind: kind)
            let job = job(kind, progress: progress)
            let resolution =
                switch kind {
                case .model: try await modelProvisioner.resolution(of: reference, for: job)
                case .worker: try await pipeline.ask(match, known: nil, for: job)
                }
            explanation.judge(by: match, resolution)
        } catch {
            explanation.error = error
        }
        return explanation
    }
}
