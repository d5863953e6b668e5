import ArtifactTypes
import Logging
import Provisioning
import SystemPackage
import VendorKit

/// A vendor that is an executable. Each `resolve` runs one process: initialize, resolve, shutdown. So does each `fetch`.
///
/// One that ends while it is waited for is started again, three times in a row at most; where it fetches, only if it
/// goes on from what it left. What fails more often than that is disabled for as long as this provisioner lives.
struct PluginProvisioner: FetchingProvisioner {
    let session: PluginSession
    private let health = PluginHealth()

    init(_ session: PluginSession) {
        self.session = session
    }

    private var command: PluginCommand { session.command }

    var forms: [ReferenceForm] { command.forms }

    var access: NetworkAccess { NetworkAccess(configuredOrigins: command.origins.map(\.description)) }

    /// As its introduction said last.
    var resumes: Bool { health.resumes }

    func resolve(
        _ reference: ArtifactReference, in context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution {
        try await restarting(in: context) { (_) async throws(PluginSession.Failure) in
            try await once(reference, in: context)
        }
    }

    func fetch(
        _ resolution: Resolution, into staging: StagingArea, in context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution {
        let confinement = try PluginConfinement(to: staging.root, path: session.services.environment["PATH"])
        try await restarting(in: context, if: resumes) { (isAgain) async throws(PluginSession.Failure) in
            let staging = StagingArea(root: staging.root, isResumed: staging.isResumed || isAgain)
            try await once(resolution, into: staging, confinement, in: context)
        }
        return resolution
    }

    /// Attempts it, and again as long as the program ends too early and is not disabled.
    ///
    /// - Parameter mayGoOn: whether there is any use in that; asked after each attempt.
    private func restarting<R>(
        in context: ProvisionContext, if mayGoOn: @autoclosure () -> Bool = true,
        _ attempt: (_ isAgain: Bool) async throws(PluginSession.Failure) -> R
    ) async throws(ProvisionError) -> R {
        var isAgain = false
        while true {
            try checkHealth()
            do throws(PluginSession.Failure) {
                let result = try await attempt(isAgain)
                health.succeeded()
                return result
            } catch {
                note(error)
                guard error.isFault, error.hasCrashed, mayGoOn(), health.disabled(after: session.limits.restarts) == nil
                else { throw error.error }
                context.logger.warning("\(error.error.message); it is started again")
                isAgain = true
            }
        }
    }

    private func checkHealth() throws(ProvisionError) {
        guard let reason = health.disabled(after: session.limits.restarts) else { return }
        throw ProvisionError(
            .unavailable,
            "vendor \(command.vendor) is disabled after \(session.limits.restarts + 1) failures in a row; the "
                + "last: \(reason)",
            remedy: "mend it; rbee-hive vendor test \(command.vendor) shows what is wrong")
    }

    /// An error that it answers is a sign of health.
    private func note(_ failure: PluginSession.Failure) {
        if failure.isFault {
            health.failed(failure.error.message)
        } else if failure.error.code != .cancelled {
            health.succeeded()
        }
    }

    private func once(
        _ reference: ArtifactReference, in context: ProvisionContext
    ) async throws(PluginSession.Failure) -> Resolution {
        let limits = session.limits
        let command = command
        let health = health
        return try await session.run(logger: context.logger, progress: context.progress) {
            (conversation) async throws(ProvisionError) -> Resolution in
            let leash = conversation.leash
            health.introduced(resumes: conversation.resumes)
            leash.enter(.resolve, limit: limits.resolve)
            leash.onCancel(conversation.farewell)
            let answer = try await conversation.call(
                .resolve,
                ResolveParameters(
                    reference: reference.description, platform: context.platform, offline: context.offline,
                    kind: context.kind))
            let resolution = try PluginAnswer(
                command: command, kind: context.kind, canFetch: conversation.canFetch, secrets: conversation.log.secrets
            ).resolution(from: answer)

            leash.enter(.shutdown, limit: limits.shutdown)
            _ = try await conversation.call(.shutdown, Nothing())
            return resolution
        }
    }

    private func once(
        _ resolution: Resolution, into staging: StagingArea, _ confinement: PluginConfinement,
        in context: ProvisionContext
    ) async throws(PluginSession.Failure) {
        let limits = session.limits
        let command = command
        let health = health
        try await session.run(logger: context.logger, progress: context.progress, confinement: confinement) {
            (conversation) async throws(ProvisionError) in
            let leash = conversation.leash
            health.introduced(resumes: conversation.resumes)
            let watch = FetchWatch(
                folder: staging.root, resolution: resolution, configuration: command.configuration, leash: leash,
                progress: context.progress)
            leash.enter(.fetch, limit: limits.silence)
            leash.onCancel(conversation.farewell)
            let watching = Task { await watch.run() }
            defer { watching.cancel() }
            let resumes = staging.isResumed && conversation.resumes
            _ = try await conversation.call(
                .fetch,
                FetchParameters(
                    resolution: resolution, directory: staging.root.string, resume: resumes ? true : nil))
            leash.enter(.shutdown, limit: limits.shutdown)
            _ = try await conversation.call(.shutdown, Nothing())
        }
    }
}
