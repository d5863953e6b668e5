import ArtifactCatalog
import ArtifactTypes
import ContentStore
public import WorkerCatalog

/// What mends an artifact whose files are not what they were.
extension Hive {
    /// The command that mends it, and what that does.
    func remedy(for item: StoreItem) -> String {
        switch item.kind {
        case .model: "rbee-hive model verify \(item.id) --repair mends it"
        case .worker:
            (try? workers.get(item.id)).map { remedy(for: $0) } ?? "build or install it again with --force"
        }
    }

    /// The command that makes a damaged worker again.
    public func remedy(for worker: WorkerBinary) -> String {
        guard let provenance = worker.provenance, let source = provenance.repository else {
            return "build or install it again with --force"
        }
        let command =
            provenance.commit == nil
            ? "rbee-hive worker install \(source) --name \(worker.name) --variant \(worker.workerType)"
            : "rbee-hive worker build \(worker.workerType) --worker \(worker.name)"
        return "\(command) --force makes it again"
    }
}
