import ArtifactTypes
import FoundationEssentials
import Logging
import Provisioning
import SystemPackage
import VendorKit

/// A vendor that is an executable. Each `resolve` runs one process: initialize, resolve, shutdown.
struct PluginProvisioner: Provisioner {
    let command: PluginCommand
    let services: ProvisionServices
    let version: String
    let limits: VendorLimits

    var forms: [ReferenceForm] { command.forms }

    var access: NetworkAccess { NetworkAccess(configuredOrigins: command.origins.map(\.description)) }

    func resolve(
        _ reference: ArtifactReference, in context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution {
        let secrets = try await handedOver()
        let log = PluginLog(
            vendor: command.vendor, secrets: Array(secrets.values), rate: limits.logRate, logger: context.logger)
        let leash = Leash()
        // Not a child task: its cancellation kills at once, and the plug-in is to be told first.
        let task = Task {
            let process = PluginProcess(
                executable: try command.executable(path: services.environment["PATH"] ?? ""),
                arguments: command.arguments, environment: command.environment(from: services.environment),
                secrets: Array(secrets.values), limits: limits)
            leash.enter(.start, limit: limits.initialize)
            return try await process.run(log: log, leash: leash) { pipe in
                try await converse(over: pipe, about: reference, in: context, secrets, log, leash)
            }
        }
        leash.hold(task)
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                leash.cancel()
            }
        } catch {
            throw report(error, leash, log)
        }
    }

    private func converse(
        over pipe: PluginPipe, about reference: ArtifactReference, in context: ProvisionContext,
        _ secrets: [String: Secret], _ log: PluginLog, _ leash: Leash
    ) async throws(ProvisionError) -> Resolution {
        var conversation = PluginConversation(pipe: pipe, log: log, progress: context.progress)
        leash.enter(.initialize, limit: limits.initialize)
        let introduction = try await conversation.call(
            .initialize,
            InitializeParameters(
                hive: version,
                configuration: .init(name: command.vendor, provides: command.provides.map(\.plural).sorted()),
                secrets: secrets))
        try check(introduction: introduction)

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
        leash.finish()
        return resolution
    }

    private func check(introduction line: [UInt8]) throws(ProvisionError) {
        let introduction: InitializeResult
        do {
            introduction = try JSONDecoder().decode(WireSuccess<InitializeResult>.self, from: Data(line)).result
        } catch {
            throw ProvisionError(.unavailable, "its introduction lacks \"protocol\" or \"name\"")
        }
        guard introduction.protocol == PluginProtocol.version else {
            throw ProvisionError(
                .unavailable, "it speaks version \(introduction.protocol) of the protocol, and this hive 1")
        }
    }

    /// The secrets that the vendor's file names; one whose environment variable is not set is left out.
    private func handedOver() async throws(ProvisionError) -> [String: Secret] {
        var secrets: [String: Secret] = [:]
        for (name, source) in command.secrets {
            do {
                secrets[name] = try await services.secret(source)
            } catch {
                throw error.of("vendor \(command.vendor)")
            }
        }
        return secrets
    }

    /// The error as the job fails with it: naming the vendor, and the stage where the fault is the plug-in's.
    private func report(_ error: any Error, _ leash: Leash, _ log: PluginLog) -> ProvisionError {
        if Task.isCancelled { return ProvisionError(.cancelled, "cancelled") }
        let cause = leash.reason ?? ProvisionError(mapping: error)
        guard cause.code == .unavailable else { return cause.of("vendor \(command.vendor)") }
        var named = cause.of("vendor \(command.vendor), at \(leash.stage.rawValue)")
        if named.remedy == nil { named.remedy = log.lastLine.map { "its log ends: \($0)" } }
        return named
    }
}
