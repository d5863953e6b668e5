import Pipeline
import Provisioning
import WorkerBuild

extension ProvisionError {
    /// What building or running a worker threw, as what a caller acts on.
    init(worker error: any Error) {
        guard let error = error as? BuildError else {
            self.init(pipeline: error)
            return
        }
        let code: Code =
            switch error.code {
            case .missingTools: .missingTool
            case .sandboxUnavailable: .sandboxUnavailable
            case .failed, .timedOut, .limit: .buildFailed
            case .smokeTestFailed, .acceleratorMissing: .smokeTestFailed
            case .unsafeOutput: .unsafeContent
            case .invalidRecipe: .configuration
            case .wrongSource: .digestMismatch
            case .cancelled: .cancelled
            case .io: .io(errno: 0)
            }
        var message = error.message
        if !error.lastLines.isEmpty {
            message += "\n" + error.lastLines.map { "  | \($0)" }.joined(separator: "\n")
        }
        self.init(code, message, remedy: error.remedy)
    }
}
