import Processes
import SystemPackage

extension SecretReader {
    /// What a token command says on standard output. It is shown nowhere, nor what it says on standard error, which may
    /// repeat it.
    func output(of words: [String], relativeTo folder: FilePath?) async throws(CredentialError) -> [UInt8] {
        guard let name = words.first else { throw CredentialError(.missing, "an empty token command") }
        let named = name.contains("/") ? try userFile(name, relativeTo: folder).string : name
        guard let executable = findExecutable(named, path: environment["PATH"]) else {
            throw CredentialError(.missing, "command \(name): no such program; give its full path or install it")
        }
        let request = ProcessRequest(
            executable: executable, arguments: Array(words.dropFirst()), environment: environment,
            workingDirectory: folder, timeout: Self.commandTimeout, outputLimit: Self.sizeLimit)
        let outcome: ProcessOutcome
        do {
            outcome = try await run(request)
        } catch {
            throw CredentialError(error.code == .cancelled ? .cancelled : .commandFailed, "command \(error)")
        }
        guard outcome.succeeded else {
            throw CredentialError(.commandFailed, "command \(name): \(outcome.status); run it by hand to see why")
        }
        return outcome.output
    }

    /// A password manager may ask for a touch or a passphrase.
    private static let commandTimeout = Duration.seconds(60)
}
