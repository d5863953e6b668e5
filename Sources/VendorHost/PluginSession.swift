import ArtifactTypes
import FoundationEssentials
import Logging
import Provisioning
import VendorKit

/// One process of a plug-in, from its start over `initialize` to its surely being gone.
struct PluginSession: Sendable {
    let command: PluginCommand
    let services: ProvisionServices
    /// The hive's, as `initialize` tells it.
    let version: String
    let limits: VendorLimits

    /// How a session went wrong, and whose fault it was.
    struct Failure: Error {
        /// As the job fails with it: naming the vendor, and the stage where the fault is the plug-in's.
        let error: ProvisionError
        /// It ended while it was waited for: started anew it may work.
        let hasCrashed: Bool
        /// It hung, crashed, flooded or answered what is no answer.
        let isFault: Bool
        /// What it was at.
        var stage = Leash.Stage.resolve
    }

    /// Starts the program, introduces the hive, and lets `body` go on from there.
    ///
    /// - Parameter confinement: what the process may not leave; nil runs it as the user.
    func run<R: Sendable>(
        logger: Logger, progress: ProgressSink, confinement: PluginConfinement? = nil,
        _ body: @escaping @Sendable (inout PluginConversation) async throws(ProvisionError) -> R
    ) async throws(Failure) -> R {
        let secrets: [String: Secret]
        do {
            secrets = try await handedOver()
        } catch {
            throw Failure(error: error, hasCrashed: false, isFault: false, stage: .start)
        }
        let log = PluginLog(
            vendor: command.vendor, secrets: Array(secrets.values), rate: limits.logRate, logger: logger)
        let leash = Leash()
        let notices = NoticePace(progress)
        defer { notices.finish() }
        // Not a child task: its cancellation kills at once, and the plug-in is to be told first.
        let task = Task {
            let program = try command.executable(path: services.environment["PATH"] ?? "")
            var process = PluginProcess(
                executable: program, arguments: command.arguments,
                environment: command.environment(from: services.environment), secrets: Array(secrets.values),
                limits: limits)
            if let confinement { process = confinement.applied(to: process) }
            leash.enter(.start, limit: limits.initialize)
            return try await process.run(log: log, leash: leash) { pipe in
                var conversation = PluginConversation(pipe: pipe, log: log, notices: notices, leash: leash)
                leash.enter(.initialize, limit: limits.initialize)
                try await introduce(in: &conversation, secrets)
                let result = try await body(&conversation)
                leash.finish()
                return result
            }
        }
        leash.hold { task.cancel() }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                leash.cancel()
            }
        } catch {
            if confinement != nil, let refusal = PluginConfinement.refusal(saidBy: log.lastLine) {
                throw Failure(error: refusal.of("vendor \(command.vendor)"), hasCrashed: false, isFault: false)
            }
            throw report(error, leash, log)
        }
    }

    private func introduce(
        in conversation: inout PluginConversation, _ secrets: [String: Secret]
    ) async throws(ProvisionError) {
        let line = try await conversation.call(
            .initialize,
            InitializeParameters(
                hive: version,
                configuration: .init(
                    name: command.vendor, provides: command.provides.map(\.plural).sorted(), options: command.options),
                secrets: secrets))
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
        conversation.canFetch = introduction.fetch == true
        conversation.resumes = introduction.resumes == true
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

    private func report(_ error: any Error, _ leash: Leash, _ log: PluginLog) -> Failure {
        if Task.isCancelled {
            return Failure(error: ProvisionError(.cancelled, "cancelled"), hasCrashed: false, isFault: false)
        }
        var cause = leash.reason ?? ProvisionError(mapping: error)
        // Names, paths and ids in it may be of the plug-in's making.
        cause.message = log.presentable(cause.message)
        guard cause.code == .unavailable else {
            return Failure(error: cause.of("vendor \(command.vendor)"), hasCrashed: false, isFault: false)
        }
        var named = cause.of("vendor \(command.vendor), at \(leash.stage.rawValue)")
        if named.remedy == nil { named.remedy = log.lastLine.map { "its log ends: \($0)" } }
        let hasCrashed = leash.hasEnded && leash.reason == nil
        if hasCrashed, let status = leash.status { named.message += " (\(status))" }
        // One that is not there to be started has no fault of its own.
        return Failure(
            error: named, hasCrashed: hasCrashed, isFault: leash.stage != .start && !leash.hasAnswered,
            stage: leash.stage)
    }
}
