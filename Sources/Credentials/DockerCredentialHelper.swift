import ArtifactTypes
import FoundationEssentials
import Processes
import SystemPackage

/// A program `docker-credential-NAME` that keeps logins elsewhere
/// (<https://github.com/docker/docker-credential-helpers>): the server goes in by standard input, JSON comes out.
struct DockerCredentialHelper: Sendable {
    let name: String
    let environment: [String: String]

    private struct Answer: Decodable {
        let user: String
        let secret: String

        enum CodingKeys: String, CodingKey {
            case user = "Username"
            case secret = "Secret"
        }
    }

    /// What stands for the name of the user where the secret is an identity token.
    private static let tokenUser = "<token>"

    /// Nil where the helper has nothing for `server`, which it says by an error.
    /// - Throws: `malformed` for a name that is none, `missing`, `commandFailed`, `cancelled`.
    func get(_ server: String) async throws(CredentialError) -> RegistryCredential? {
        guard name.utf8.allSatisfy(Self.isAllowed), !name.hasPrefix("-"), name.utf8.count <= 100 else {
            throw CredentialError(
                .malformed, "\"\(name.visiblyEscaped.prefix(100))\" is no name of a Docker credential helper")
        }
        let program = "docker-credential-\(name)"
        guard let executable = findExecutable(program, path: environment["PATH"]) else {
            throw CredentialError(.missing, "\(program), which Docker's config.json names, is not in PATH")
        }
        let request = ProcessRequest(
            executable: executable, arguments: ["get"], environment: environment, input: Array(server.utf8),
            // A keychain may ask for a passphrase.
            timeout: .seconds(60), outputLimit: 64 << 10)
        let outcome: ProcessOutcome
        do {
            outcome = try await run(request)
        } catch {
            throw CredentialError(error.code == .cancelled ? .cancelled : .commandFailed, "\(program): \(error)")
        }
        guard outcome.succeeded else {
            let said = String(decoding: outcome.output.prefix(1024), as: UTF8.self).lowercased()
            if said.contains("credentials not found") || said.contains("no credentials server url") { return nil }
            throw CredentialError(
                .commandFailed, "\(program) get: \(outcome.status); run it by hand to see why")
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(outcome.output)) else {
            throw CredentialError(.malformed, "\(program) get does not answer with a user name and a secret")
        }
        if answer.secret.isEmpty { return nil }
        let secret = Secret(answer.secret)
        return answer.user == Self.tokenUser ? .identityToken(secret) : .login(user: answer.user, password: secret)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".": true
        default: false
        }
    }
}
