import ArtifactCatalog
import Pipeline
import Provisioning

extension ProvisionError {
    /// Any error of what the hive composes, as one of these.
    init(hive error: any Error) {
        switch error {
        case let error as CatalogError:
            switch error.code {
            case .notFound: self.init(.notFound, error.message)
            case .busy: self.init(.locked, error.message)
            case .diskFull: self.init(.insufficientSpace(needed: 0, free: 0), error.message)
            case .readOnly: self.init(.io(errno: 30), error.message)
            case .damaged, .invalid, .io: self.init(.io(errno: 5), error.message)
            }
        default: self.init(pipeline: error)
        }
    }
}
