import ArtifactTypes
import ModelCatalog
import ModelProvisioner
import Pipeline
public import Provisioning
public import SystemPackage

extension Hive {
    /// What an import took over.
    public struct ImportReport: Sendable, Encodable {
        public struct Failure: Sendable, Encodable {
            /// The folder in the other store.
            public let path: String
            public let reason: String
        }

        /// Ids of the models that were imported.
        public internal(set) var imported: [String] = []
        /// Folders whose model this store has already.
        public internal(set) var present: [String] = []
        public internal(set) var failed: [Failure] = []
    }

    /// Takes over the models of an original rbee store, whose files stay as they are. A bad one does not stop the rest.
    ///
    /// - Throws: `.notFound` where `path` is no such store, `.cancelled`, `.insufficientSpace`.
    public func importStore(_ path: FilePath, progress: ProgressSink) async throws(ProvisionError) -> ImportReport {
        var report = ImportReport()
        for folder in try OriginalStore(path).folders {
            do throws(ProvisionError) {
                let model = try OriginalStore.model(in: folder)
                guard let entry = try await modelProvisioner.adopt(model, for: job(.model, progress: progress)) else {
                    report.present.append(folder.string)
                    continue
                }
                try await catalogue(entry)
                report.imported.append(entry.id)
            } catch {
                switch error.code {
                case .cancelled, .insufficientSpace: throw error
                default: report.failed.append(ImportReport.Failure(path: folder.string, reason: error.message))
                }
            }
        }
        return report
    }
}
