import ArtifactTypes
import FoundationEssentials
import Processes
import Provisioning
import VendorKit

/// What no job says to a plug-in, and only its examination does.
extension PluginConversation {
    /// Ends the plug-in's input.
    func close() async throws(ProvisionError) {
        do {
            try await pipe.close()
        } catch {
            throw ProvisionError(.unavailable, error.message)
        }
    }

    func send(line: String) async throws(ProvisionError) {
        do {
            try await pipe.write(Array((line + "\n").utf8))
        } catch {
            throw ProvisionError(.unavailable, error.message)
        }
    }

    /// Waits for an error that answers no request in particular, or for the end; anything else is thrown.
    mutating func expectRefusalOrEnd() async throws(ProvisionError) {
        let line: [UInt8]?
        do {
            line = try await pipe.read()
        } catch {
            throw ProvisionError(.unavailable, error.message)
        }
        guard let line else { return }
        guard let envelope = try? JSONDecoder().decode(WireEnvelope.self, from: Data(line)),
            case .failure = envelope.kind
        else { throw ProvisionError(.unavailable, "it answers what is no message as if it were one") }
    }

    /// Waits until the plug-in's output has ended, and sees to it that nothing more comes.
    func end() async throws(ProvisionError) {
        let line: [UInt8]?
        do {
            line = try await pipe.read()
        } catch {
            throw ProvisionError(.unavailable, error.message)
        }
        if line != nil { throw ProvisionError(.unavailable, "it writes after its last answer") }
    }
}

extension ArtifactReference {
    /// The same at that revision; nil for a URL, or where no reference can say it.
    func at(_ revision: String) -> ArtifactReference? {
        guard !isURL else { return nil }
        var reference = self
        reference.revision = revision
        return (try? ArtifactReference(parsing: reference.description)) == reference ? reference : nil
    }
}

extension ReferenceForm {
    /// A reference of this form that no vendor has; nil where none can be made of the pattern.
    var exampleOfNothing: ArtifactReference? {
        var text = ""
        var rest = pattern[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            let hole = rest[rest.index(after: open)..<close]
            text += rest[..<open] + (hole == "locator" ? "rbee-conformance/no-such-name" : "rbee-no-such-name")
            rest = rest[rest.index(after: close)...]
        }
        // Whatever is not a reference after all is no example.
        return try? ArtifactReference(parsing: text + rest)
    }
}
