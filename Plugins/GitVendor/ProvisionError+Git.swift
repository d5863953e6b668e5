import GitCheckout
import Provisioning

extension ProvisionError {
    init(_ error: GitError) {
        let code: Code =
            switch error.code {
            case .notFound: .notFound
            case .revisionNotFound: .revisionNotFound
            case .unauthorized, .forbidden: .unauthorized
            case .refused, .unavailable: .unavailable
            case .rateLimited(let seconds): .rateLimited(retryAfter: seconds)
            case .untrusted: .untrusted
            case .corrupt: .digestMismatch
            case .unsafeContent, .tooLarge: .unsafeContent
            case .unsupported: .unsupported
            case .invalid: .invalid
            case .io(let errno): .io(errno: errno)
            case .cancelled: .cancelled
            }
        self.init(code, error.message, remedy: error.remedy)
    }

    /// What many failures amount to: their common code, or that nothing is available.
    init(_ failures: [ProvisionError]) {
        guard let first = failures.first, failures.count > 1 else {
            self = failures.first ?? ProvisionError(.unavailable, "there is no repository to ask")
            return
        }
        let code = failures.allSatisfy { $0.code == first.code } ? first.code : .unavailable
        let list = failures.map(\.message).joined(separator: "; ")
        self.init(code, "neither the repository nor a mirror of it delivers: \(list)", remedy: first.remedy)
    }

    /// Another source would end the same way.
    var stopsSearch: Bool {
        switch code {
        case .cancelled, .io, .unsafeContent, .insufficientSpace, .locked, .offline: true
        default: false
        }
    }

    /// The source could not be asked at all, as opposed to what it answered.
    var isOutOfReach: Bool {
        switch code {
        case .unavailable, .unauthorized, .unsupported, .rateLimited: true
        default: false
        }
    }
}
