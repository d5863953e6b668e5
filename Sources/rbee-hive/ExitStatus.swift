import ArgumentParser
import Provisioning

/// Exit codes after sysexits.h, derived from an error's code alone.
extension ProvisionError.Code {
    var exitStatus: Int32 {
        switch self {
        case .invalid, .unsupported: 64  // EX_USAGE
        case .digestMismatch, .unsafeContent, .untrusted, .smokeTestFailed: 65  // EX_DATAERR
        case .notFound, .revisionNotFound, .selectorNotFound: 66  // EX_NOINPUT
        case .unavailable, .offline, .missingTool: 69  // EX_UNAVAILABLE
        case .insufficientSpace, .io: 73  // EX_CANTCREAT
        case .locked, .rateLimited: 75  // EX_TEMPFAIL
        case .unauthorized, .gated: 77  // EX_NOPERM
        case .configuration, .sandboxUnavailable: 78  // EX_CONFIG
        case .buildFailed: 1
        case .cancelled: 130
        }
    }
}
