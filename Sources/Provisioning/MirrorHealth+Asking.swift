extension MirrorHealth {
    /// Asks a question of which the primary's answer decides: while it cannot be reached, or wants to be left alone, the
    /// first mirror that answers.
    /// A mirror that cannot be reached either is tried last from then on.
    ///
    /// - Parameter url: of a server, without secrets.
    /// - Returns: the answer, and who was asked before in vain; none where it is the primary's.
    /// - Throws: the primary's failure, where nobody answers, with those of the mirrors.
    public func ask<Server, Answer>(
        _ primary: Server, else mirrors: [Server], url: (Server) -> String,
        _ question: (Server) async throws(ProvisionError) -> Answer
    ) async throws(ProvisionError) -> (answer: Answer, skipped: [SkippedSource]) {
        let failure: ProvisionError
        do {
            return (try await question(primary), [])
        } catch {
            guard error.isUnanswered, !mirrors.isEmpty else { throw error }
            failure = error
        }
        var skipped = [SkippedSource(url: url(primary), reason: failure.message)]
        for mirror in order(mirrors, by: { Self.server(of: url($0)) }) {
            do {
                return (try await question(mirror), skipped)
            } catch {
                if error.code == .cancelled { throw error }
                skipped.append(SkippedSource(url: url(mirror), reason: error.message))
                if error.isUnanswered { note(Self.server(of: url(mirror)), error.message) }
            }
        }
        let reasons = skipped.dropFirst().map { "\($0.url): \($0.reason)" }.joined(separator: "; ")
        throw ProvisionError(
            failure.code, "\(failure.message); no mirror stands in for it: \(reasons)", remedy: failure.remedy)
    }
}

extension ProvisionError {
    /// The server has not answered the question, as opposed to what it could answer.
    public var isUnanswered: Bool {
        switch code {
        case .unavailable, .rateLimited: true
        default: false
        }
    }
}
