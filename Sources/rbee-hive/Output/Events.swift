import ModelCatalog
import Provisioning
import WorkerCatalog

/// The last line of `--json`, of one that went well.
struct DoneEvent: Encodable {
    var event = "done"
    var model: ModelEntry?
    var worker: WorkerBinary?
}

/// The last line of `--json`, of one that did not.
struct ErrorEvent: Encodable {
    var event = "error"
    let code: String
    let message: String
    let remedy: String?
    /// In seconds, where a server asks to be left alone.
    var retryAfter: Int?
    let exit: Int32

    init(_ error: ProvisionError) {
        code = error.code.name
        message = error.message
        remedy = error.advice
        if case .rateLimited(let seconds) = error.code { retryAfter = seconds }
        exit = error.code.exitStatus
    }
}

extension GlobalOptions {
    /// The result of a build or an installation.
    func done(_ entry: WorkerBinary) throws {
        Console.result(json ? try JSONOutput.line(DoneEvent(worker: entry)) : entry.id)
    }
}
