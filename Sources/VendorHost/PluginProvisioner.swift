import ArtifactTypes
import FoundationEssentials
import Logging
import Provisioning
import VendorKit

/// A vendor that is an executable. Each `resolve` runs one process: initialize, resolve, shutdown.
///
/// One that ends while it is waited for is started again, three times in a row at most. What fails more often than that
/// is disabled for as long as this provisioner lives.
struct PluginProvisioner: Provisioner {
    let session: PluginSession
    private let health = PluginHealth()

    init(_ session: PluginSession) {
        self.session = session
    }

    private var command: PluginCommand { session.command }

    var forms: [ReferenceForm] { command.forms }

    var access: NetworkAccess { NetworkAccess(configuredOrigins: command.origins.map(\.description)) }

    func resolve(
        _ reference: ArtifactReference, in context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution {
        while true {
            if let reason = health.disabled(after: session.limits.restarts) {
                throw ProvisionError(
                    .unavailable,
                    "vendor \(command.vendor) is disabled after \(session.limits.restarts + 1) failures in a row; the "
                        + "last: \(reason)",
                    remedy: "mend it; rbee-hive vendor test \(command.vendor) shows what is wrong")
            }
            do throws(PluginSession.Failure) {
                let resolution = try await once(reference, in: context)
                health.succeeded()
                return resolution
            } catch {
                guard error.isFault else {
                    // It answers, if with an error.
                    if error.error.code != .cancelled { health.succeeded() }
                    throw error.error
                }
                health.failed(error.error.message)
                guard error.hasCrashed, health.disabled(after: session.limits.restarts) == nil else {
                    throw error.error
                }
                context.logger.warning("\(error.error.message); it is started again")
            }
        }
    }

    private func once(
        _ reference: ArtifactReference, in context: ProvisionContext
    ) async throws(PluginSession.Failure) -> Resolution {
        let limits = session.limits
        let command = command
        return try await session.run(logger: context.logger, progress: context.progress) {
            (conversation) async throws(ProvisionError) -> Resolution in
            let leash = conversation.leash
            let pipe = conversation.pipe
            leash.enter(.resolve, limit: limits.resolve)
            let asked = conversation.nextID
            leash.onCancel {
                let farewell = WireNotification(method: .cancel, params: CancelParameters(id: asked))
                guard let line = try? JSONEncoder().encode(farewell) else { return }
                // A plug-in that no longer reads is killed all the same.
                try? await pipe.write(Array(line) + [UInt8(ascii: "\n")])
            }
            let answer = try await conversation.call(
                .resolve,
                ResolveParameters(
                    reference: reference.description, platform: context.platform, offline: context.offline,
                    kind: context.kind))
            let resolution = try PluginAnswer(command: command, kind: context.kind).resolution(from: answer)

            leash.enter(.shutdown, limit: limits.shutdown)
            _ = try await conversation.call(.shutdown, Nothing())
            return resolution
        }
    }
}
