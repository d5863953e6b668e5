import ArtifactCatalog
import ArtifactTypes
import ModelCatalog
import ModelProvisioner
import Pipeline
public import Provisioning

/// Models whose branch has moved on since they were downloaded.
extension Hive {
    /// What a model's vendor says of its revision now.
    public struct RevisionCheck: Sendable {
        public let id: String
        /// The revision that is stored.
        public let stored: String
        /// What its branch or tag is at now, or why that is not known.
        public let current: Result<String, ProvisionError>
    }

    /// Asks for each stored model that is not pinned to a commit or digest, by one request each, all at once.
    ///
    /// - Returns: by id; what came from this machine has no vendor to ask and is not in it.
    public func checkRevisions() async throws(ProvisionError) -> [RevisionCheck] {
        let job = job(.model, progress: ProgressSink { _ in })
        guard !job.offline else {
            throw ProvisionError(
                .offline, "whether branches have moved cannot be known without a request",
                remedy: "unset HF_HUB_OFFLINE")
        }
        let provisioner = modelProvisioner
        var asked: [(id: String, stored: String, reference: ArtifactReference)] = []
        for summary in try modelSummaries() {
            let entry = try model(summary.id)
            guard entry.source != .local, let stored = entry.revision,
                let reference = try? ArtifactReference(parsing: entry.id),
                reference.revision != stored, reference.fragment.isEmpty
            else { continue }
            asked.append((entry.id, stored, reference))
        }
        let checks = await withTaskGroup(of: RevisionCheck.self) { group in
            for (id, stored, reference) in asked {
                group.addTask {
                    do throws(ProvisionError) {
                        let current = try await provisioner.currentRevision(of: reference, for: job)
                        return RevisionCheck(id: id, stored: stored, current: .success(current))
                    } catch {
                        return RevisionCheck(id: id, stored: stored, current: .failure(error.of(id)))
                    }
                }
            }
            return await group.reduce(into: [RevisionCheck]()) { $0.append($1) }
        }
        return checks.sorted { $0.id < $1.id }
    }
}
