import ArtifactTypes
import Logging
import Provisioning
import VendorKit

/// Tries a plug-in out as its author wants it tried: every check in a process of its own, so that none hides another.
struct PluginExamination {
    let session: PluginSession
    let kind: ArtifactKind
    let logger: Logger
    private var report: VendorReport

    init(_ session: PluginSession, kind: ArtifactKind, logger: Logger) {
        self.session = session
        self.kind = kind
        self.logger = logger
        report = VendorReport(vendor: session.command.vendor)
    }

    mutating func run(_ references: [ArtifactReference]) async -> VendorReport {
        await check(
            "handshake",
            remedy: "answer initialize with {\"protocol\": 1, \"name\": …} on one line, flushed; nothing else may be "
                + "written to standard output: logs go to standard error"
        ) { _ in nil }
        // A program that does not get that far fails everything else for the same reason.
        guard report.failure == nil else { return report }
        await check(
            "shutdown", limit: session.limits.shutdown, remedy: Self.ending
        ) { (conversation) async throws(ProvisionError) -> String? in
            _ = try await conversation.call(.shutdown, Nothing())
            // As a program that reads to the end of its input ends by itself.
            try await conversation.close()
            try await conversation.end()
            return nil
        }
        // One that does not heed shutdown fails at it whatever it is sent before.
        if report.failure == nil { await checkNotifications() }
        await checkUnknownMethod()
        await check(
            "end of input", limit: session.limits.shutdown,
            remedy: "end when standard input does: its hive is gone then"
        ) { (conversation) async throws(ProvisionError) -> String? in
            try await conversation.close()
            try await conversation.end()
            return nil
        }
        await checkGarbage()
        await checkUnknownReference()
        for reference in references { await checkResolve(reference) }
        // What it cannot resolve it cannot be cancelled at.
        if let reference = references.first, report.failure == nil { await checkCancellation(of: reference) }
        return report
    }

    // MARK: Checks

    private mutating func checkNotifications() async {
        await check(
            "notifications",
            remedy: "a message without \"id\" is a notification: take note of it or pass over it, and answer nothing"
        ) { (conversation) async throws(ProvisionError) -> String? in
            try await conversation.send(
                WireNotification(method: .cancel, params: CancelParameters(id: .number(1_000_000))))
            _ = try await conversation.call(.shutdown, Nothing())
            return nil
        }
    }

    private mutating func checkUnknownMethod() async {
        let name = "unknown method"
        let remedy = "answer a method that you do not know with an error, as {\"code\": -32601, \"message\": …}"
        do throws(PluginSession.Failure) {
            try await session.run(logger: logger, progress: ProgressSink { _ in }) {
                [limits = session.limits] (conversation) async throws(ProvisionError) in
                conversation.leash.enter(.resolve, limit: limits.initialize)
                _ = try await conversation.call(unknown: "conformance/unknown")
            }
            report.checks.append(
                .failed(
                    name, ProvisionError(.unavailable, "it answers a method that there is not as if there were"),
                    remedy: remedy))
        } catch {
            report.checks.append(error.isFault ? .failed(name, error.error, remedy: remedy) : .passed(name))
        }
    }

    /// No hive sends what is no message; a program that hangs at it would hang at the end of its input too.
    private mutating func checkGarbage() async {
        await check(
            "garbage",
            remedy: "answer a line that is no message with {\"code\": -32700, \"message\": …}, or end"
        ) { (conversation) async throws(ProvisionError) -> String? in
            try await conversation.send(line: "{\"jsonrpc\": \"2.0\", \"id\"")
            try await conversation.expectRefusalOrEnd()
            return nil
        }
    }

    private mutating func checkCancellation(of reference: ArtifactReference) async {
        await check(
            "cancellation", limit: session.limits.resolve,
            remedy: "after $/cancel answer the request all the same, with what you have or with the code cancelled"
        ) { [kind] (conversation) async throws(ProvisionError) -> String? in
            let answered = try await conversation.callCancelled(
                .resolve,
                ResolveParameters(reference: reference.description, platform: .current, offline: false, kind: kind))
            _ = try await conversation.call(.shutdown, Nothing())
            return answered
        }
    }

    private mutating func checkUnknownReference() async {
        guard let reference = session.command.forms.lazy.compactMap(\.exampleOfNothing).first else { return }
        await checkRefusal("unknown reference", of: reference, code: .notFound)
    }

    /// - Parameter code: how that there is none such is best said.
    private mutating func checkRefusal(
        _ name: String, of reference: ArtifactReference, code: ProvisionError.Code
    ) async {
        let remedy = "answer with {\"code\": -32000, \"message\": …, \"data\": {\"code\": \"\(code.name)\"}}"
        do throws(PluginSession.Failure) {
            _ = try await resolve(reference)
            report.checks.append(
                .failed(
                    name, ProvisionError(.unavailable, "it resolves \(reference), which there is not"), remedy: remedy))
        } catch {
            switch error.error.code {
            // Names may have to be numbers: then it is a reference that cannot be, which is as good.
            case .notFound, .revisionNotFound, .selectorNotFound, .invalid: report.checks.append(.passed(name))
            case .unavailable where !error.isFault:
                report.checks.append(
                    .failed(
                        name, error.error,
                        remedy: "its server did not answer; where it did and has none such, \(remedy)"))
            default:
                report.checks.append(.failed(name, error.error, remedy: Self.remedy(for: error, resolving: remedy)))
            }
        }
    }

    private mutating func checkResolve(_ reference: ArtifactReference) async {
        let name = "resolve \(reference)"
        do throws(PluginSession.Failure) {
            let start = ContinuousClock.now
            let resolution = try await resolve(reference)
            let seconds = ((ContinuousClock.now - start) / .seconds(1) * 100).rounded() / 100
            guard case .files(let files, _) = resolution.payload else { return }
            let count = files.count == 1 ? "1 file" : "\(files.count) files"
            report.checks.append(.passed(name, "\(count) at revision \(resolution.revision), in \(seconds) s"))
            let unverified = files.filter { $0.digest == nil }.map(\.path.string)
            if let first = unverified.first {
                report.checks.append(
                    .warned(
                        "digests of \(reference)", "\(unverified.count) of \(files.count) files have none, as \(first)",
                        remedy: "give \"digest\": \"sha256:…\" where the service knows it: without, what arrives is "
                            + "marked unverified"))
            }
            let unmeasured = files.filter { $0.size == nil }.map(\.path.string)
            if let first = unmeasured.first {
                report.checks.append(
                    .warned(
                        "sizes of \(reference)", "\(unmeasured.count) of \(files.count) files have none, as \(first)",
                        remedy: "give \"size\" in bytes: without, free space is not checked and no time left is told"))
            }
            if seconds > session.limits.resolve / .seconds(4) {
                report.checks.append(
                    .warned(
                        "time of \(reference)",
                        "\(seconds) s of the \(session.limits.resolve / .seconds(1)) s there are",
                        remedy: "ask for less: a listing in one request, nothing a file"))
            }
            if resolution.reference.stem != reference.stem {
                report.checks.append(
                    .warned(
                        "name of \(reference)", "it answers with \(resolution.reference)",
                        remedy: "what is downloaded is listed under that name: answer with the one that was asked for, "
                            + "or with another spelling of the same"))
            }
            let again = try await resolve(reference)
            if again.revision == resolution.revision {
                report.checks.append(.passed("revision of \(reference)", "the same when asked again"))
                await checkRevisions(of: reference, at: resolution.revision)
            } else {
                report.checks.append(
                    .warned(
                        "revision of \(reference)", "\(resolution.revision), and \(again.revision) when asked again",
                        remedy: "a revision names a content for ever, as a commit or a digest does; never the time"))
            }
        } catch {
            let remedy =
                error.isFault ? Self.answering : "that is its own answer; a reference that it has should be resolved"
            report.checks.append(.failed(name, error.error, remedy: Self.remedy(for: error, resolving: remedy)))
        }
    }

    /// Whether `@REVISION` means what it says, of the one that the reference is at and of one that there is not.
    private mutating func checkRevisions(of reference: ArtifactReference, at revision: String) async {
        // A revision may have characters that references have not.
        guard let pinned = reference.at(revision), let unknown = reference.at("rbee-no-such-revision") else { return }
        let name = "resolve \(pinned)"
        do throws(PluginSession.Failure) {
            let found = try await resolve(pinned).revision
            guard found == revision else {
                report.checks.append(
                    .failed(
                        name, ProvisionError(.unavailable, "it answers with revision \(found)"), remedy: Self.pinning))
                return
            }
            report.checks.append(.passed(name, "the same revision"))
        } catch {
            report.checks.append(.failed(name, error.error, remedy: Self.remedy(for: error, resolving: Self.pinning)))
        }
        await checkRefusal("resolve \(unknown)", of: unknown, code: .revisionNotFound)
    }

    // MARK: Sessions

    private func resolve(_ reference: ArtifactReference) async throws(PluginSession.Failure) -> Resolution {
        let command = session.command
        let limits = session.limits
        return try await session.run(logger: logger, progress: ProgressSink { _ in }) {
            [kind] (conversation) async throws(ProvisionError) -> Resolution in
            conversation.leash.enter(.resolve, limit: limits.resolve)
            let answer = try await conversation.call(
                .resolve,
                ResolveParameters(
                    reference: reference.description, platform: .current, offline: false, kind: kind))
            let resolution = try PluginAnswer(
                command: command, kind: kind, canFetch: conversation.canFetch, secrets: conversation.log.secrets
            ).resolution(from: answer)
            conversation.leash.enter(.shutdown, limit: limits.shutdown)
            _ = try await conversation.call(.shutdown, Nothing())
            return resolution
        }
    }

    private mutating func check(
        _ name: String, limit: Duration? = nil, remedy: String,
        _ body: @escaping @Sendable (inout PluginConversation) async throws(ProvisionError) -> String?
    ) async {
        let limit = limit ?? session.limits.initialize
        do throws(PluginSession.Failure) {
            let detail = try await session.run(logger: logger, progress: ProgressSink { _ in }) {
                (conversation) async throws(ProvisionError) -> String? in
                conversation.leash.enter(.shutdown, limit: limit)
                return try await body(&conversation)
            }
            report.checks.append(.passed(name, detail))
        } catch {
            report.checks.append(.failed(name, error.error, remedy: Self.remedy(for: error, at: remedy)))
        }
    }

    // MARK: Remedies

    private static let pinning =
        "what it calls a revision it must find again, asked for @REVISION; where only the newest can be had, any other is "
        + "revisionNotFound"
    private static let ending = "answer shutdown with \"result\": null, and then end"
    private static let answering =
        "answer each request once, by one line of JSON in UTF-8, and in time; what a resolution looks like stands in "
        + "docs/plugin-protocol.md"
    private static let refused =
        "docs/plugin-protocol.md says what is taken: paths relative and without .., digests ALGORITHM:lower-case digits, "
        + "URLs https or of \"origins\" in the vendor's file, a revision, a reference of the vendor's own"

    /// How to mend a program that was to resolve and did not get as far as doing wrong what is looked at; else `own`.
    private static func remedy(for failure: PluginSession.Failure, resolving own: String) -> String? {
        if failure.stage == .shutdown { return ending }
        if failure.error.code == .unsafeContent { return refused }
        return remedy(for: failure, at: failure.isFault && !failure.hasCrashed ? answering : own)
    }

    /// How to mend a program that did not get as far as doing wrong what is looked at; else `own`. Nil where the error
    /// says it all.
    private static func remedy(for failure: PluginSession.Failure, at own: String) -> String? {
        if failure.stage == .start {
            // What it is to be started with is there, or the error names what is not.
            guard failure.error.code == .unavailable else { return nil }
            return
                "the program must be one that this machine can start: executable, and the interpreter that its first "
                + "line names must be there"
        }
        if failure.hasCrashed { return "it must stay until its input ends or shutdown; \(own)" }
        return own
    }
}
