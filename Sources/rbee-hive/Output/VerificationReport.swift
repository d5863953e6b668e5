import ArgumentParser
import ArtifactTypes
import Hive
import Provisioning

/// What a verification found, as text and as JSON, and the exit code that it ends with.
struct VerificationReport: Encodable {
    let id: String
    let intact: Bool
    let missing: [String]
    let corrupt: [String]
    let extra: [String]
    let repaired: [String]
    /// What to do where it is not intact.
    let remedy: String?

    init(_ found: Hive.VerifiedArtifact, remedy: String) {
        self.remedy = found.isIntact ? nil : remedy
        id = found.id
        intact = found.isIntact
        missing = found.missing.map(\.string)
        corrupt = found.corrupt.map(\.string)
        extra = found.extra
        repaired = found.repaired.map(\.string)
    }

    /// Prints the names of bad files on stdout. Extra files are reported and no failure.
    ///
    /// - Throws: `ExitCode(65)` where something is bad and was not repaired.
    func show(_ options: GlobalOptions) throws {
        if options.json {
            Console.result(try JSONOutput.line(self))
        } else {
            for path in missing { Console.result("\(id)  \(path)  missing\(suffix(path))".visiblyEscaped) }
            for path in corrupt { Console.result("\(id)  \(path)  corrupt\(suffix(path))".visiblyEscaped) }
            for path in extra { Console.result("\(id)  \(path)  extra".visiblyEscaped) }
            if let remedy { Console.note("\(id): \(remedy)".visiblyEscaped) }
            if intact && !options.quiet { Console.note("\(id.visiblyEscaped) is intact") }
        }
        if !intact {
            throw ExitCode(ProvisionError.Code.digestMismatch.exitStatus)
        }
    }

    private func suffix(_ path: String) -> String {
        repaired.contains(path) ? ", repaired" : ""
    }
}
