import ArtifactTypes
import Processes
import Provisioning
import SystemPackage

/// A plug-in's process, from its start to its surely being gone.
struct PluginProcess: Sendable {
    var executable: FilePath
    var arguments: [String]
    let environment: [String: String]
    /// Redacted from what the process writes.
    let secrets: [Secret]
    let limits: VendorLimits

    func run<R: Sendable>(
        log: PluginLog, leash: Leash, _ converse: @escaping @Sendable (PluginPipe) async throws -> R
    ) async throws -> R {
        let request = ProcessRequest(
            executable: executable, arguments: arguments, environment: environment, secrets: secrets,
            endsEscapees: true)
        let messageSize = limits.messageSize
        do {
            return try await withProcess(request) { line in
                if !log.take(errorLine: line) { leash.cut(PluginLog.flood) }
            } stderrBytes: { count in
                if !log.admits(errorBytes: count) { leash.cut(PluginLog.flood) }
            } onEnd: { status in
                leash.note(status)
            } _: { process in
                let write = { @Sendable (line) async throws(ProcessError) in try await process.write(line) }
                let read = { @Sendable () async throws(ProcessError) in
                    let line = try await process.readLine(limit: messageSize)
                    if line == nil { leash.noteEnd() }
                    return line
                }
                let close = { @Sendable () async throws(ProcessError) in try await process.closeInput() }
                return try await converse(PluginPipe(write: write, read: read, close: close))
            }
        } catch let error as ProcessError {
            throw ProvisionError(.unavailable, error.message)
        }
    }
}
