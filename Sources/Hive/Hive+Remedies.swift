import ArtifactCatalog
import ArtifactTypes
import ContentStore
import Pipeline
import Provisioning
import Vendors
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
            provenance.commit.map { buildCommand(worker, at: $0, of: source) } ?? installCommand(worker, of: source)
        let export = provenance.imported ? "importing its export again mends it; " : ""
        return "\(export)\(command) --force makes it again"
    }

    /// The installation of that very archive, under the same name and tried in the same way.
    private func installCommand(_ worker: WorkerBinary, of source: String) -> String {
        let words =
            [source, "--name", worker.name, "--variant", worker.workerType.rawValue, "--version", worker.version]
            + (worker.provenance?.options ?? [])
        return "rbee-hive worker install " + words.map(\.shellWord).joined(separator: " ")
    }

    /// The build of that very commit. From where it came is named where its recipe is for another repository.
    private func buildCommand(_ worker: WorkerBinary, at commit: String, of source: String) -> String {
        var words = ["rbee-hive worker build \(worker.workerType) --worker \(worker.name) --ref \(commit)"]
        let recipe = try? pipeline.registry.recipe(variant: worker.workerType, named: worker.name)
        let vendor = try? recipe.map { try pipeline.registry.vendor(named: $0.vendor) }
        let configured = vendor?.configuration.options.string("url")
        if configured != source, configured.map({ "file://\($0)" }) != source {
            words.append("--source \(source.shellWord)")
        }
        if worker.provenance?.sandboxed == false { words.append("--sandbox off") }
        if worker.provenance?.sources.contains(where: { $0.revision == nil }) == true {
            words.append("--allow-unverified")
        }
        return words.joined(separator: " ")
    }
}

extension String {
    /// As a shell takes it for one word.
    fileprivate var shellWord: String {
        let isPlain =
            !isEmpty
            && unicodeScalars.allSatisfy { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", "/", ":", "=", "#", "@", "%", "+", ",": true
                default: false
                }
            }
        return isPlain ? self : "'" + replacing("'", with: "'\\''") + "'"
    }
}
