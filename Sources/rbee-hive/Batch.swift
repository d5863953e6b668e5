import ArgumentParser
import ArtifactTypes
import Foundation
import Hive
import Provisioning
import SystemPackage

extension Hive {
    /// Does `work` for each argument. All are tried, each error is shown as it comes, and the first one's exit code ends
    /// the program; a cancellation ends it at once.
    func forEach(_ arguments: [String], _ work: (String) async throws -> Void) async throws {
        var first: ExitCode?
        for argument in arguments {
            do {
                try await work(argument)
            } catch let error as ProvisionError {
                if error.code == .cancelled { throw error }
                Console.error(error)
                first = first ?? ExitCode(error.code.exitStatus)
            } catch let status as ExitCode {
                first = first ?? status
            }
        }
        if let first { throw first }
    }
}

extension GlobalOptions {
    /// With `--json`, an error is an event on stdout too. Returns what is to be thrown on.
    func reported(_ error: any Error) throws -> any Error {
        let error = ProvisionError(mapping: error)
        if json { Console.result(try JSONOutput.line(ErrorEvent(error))) }
        return error
    }
}

extension ArtifactReference {
    /// A reference as typed; the part that breaks a rule is underlined on a terminal.
    init(argument: String) throws(ProvisionError) {
        do {
            self = try ArtifactReference(parsing: argument)
        } catch {
            var message = error.description
            if Console.isTerminal(STDERR_FILENO), let marks = error.underline { message += "\n  \(marks)" }
            let isPath = ["/", "./", "../"].contains(where: argument.hasPrefix)
            let path = isPath ? FileURL.text(of: FilePath(argument: argument).string) : nil
            throw ProvisionError(.invalid, message, remedy: path.map { "a file of this machine is written \($0)" })
        }
    }
}

extension FilePath {
    /// A path as typed, from the root on. `..` is resolved as the file system does it, through links.
    init(argument: String) {
        var url = URL(fileURLWithPath: argument)
        if argument.split(separator: "/").contains("..") { url = url.resolvingSymlinksInPath() }
        self.init(url.path)
    }
}

extension Digest {
    /// A digest as typed.
    init(argument: String) throws(ProvisionError) {
        guard let digest = Digest(argument) else {
            throw ProvisionError(
                .invalid, "\(argument.visiblyEscaped) is not a digest",
                remedy: "write sha256: and 64 hexadecimal digits in lower case")
        }
        self = digest
    }
}

extension ReferenceError {
    /// The reference, and marks under the part that breaks a rule; nil where escapes would shift them.
    fileprivate var underline: String? {
        guard text.visiblyEscaped == text, !range.isEmpty else { return nil }
        return
            "\(text)\n  \(String(repeating: " ", count: range.lowerBound))\(String(repeating: "^", count: range.count))"
    }
}
