import ArtifactTypes
import Foundation
import Provisioning
import SystemPackage
import VendorKit
import VendorServices

/// A vendor module that prints wherever it can, as libraries do, and brings its file by itself.
@main
struct ChattyVendor: FetchingProvisioner {
    let forms: [ReferenceForm]
    let access = NetworkAccess()

    static let module = VendorModule(
        descriptor: VendorDescriptor(name: "chatty", summary: "prints", options: [], provides: [.model])
    ) { (configuration, _) throws(ProvisionError) -> any Provisioner in
        chat("making \(configuration.name)")
        return ChattyVendor(forms: [ReferenceForm("\(configuration.name):{locator}")].compactMap { $0 })
    }

    static func main() async throws {
        try await VendorMain.run(module, version: "1", services: .standalone("chatty"))
    }

    func resolve(
        _ reference: ArtifactReference, in context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution {
        chat("resolving")
        do {
            let path = try RelativePath("sub/a.gguf")
            return Resolution(
                reference: reference, vendor: "chatty", kind: .model, revision: "1",
                payload: .files([RemoteFile(path: path, size: 5, digest: nil, sources: [])], listing: .exact))
        } catch {
            throw ProvisionError(mapping: error)
        }
    }

    var resumes: Bool { true }

    func fetch(
        _ resolution: Resolution, into staging: StagingArea, in context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution {
        chat("fetching")
        context.progress(.notice("on its way"))
        do {
            for file in resolution.files {
                let path = staging.path(file.path)
                try FileManager.default.createDirectory(
                    atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
                let text = staging.isResumed ? "12345, resumed" : "12345"
                try Data(text.utf8).write(to: URL(fileURLWithPath: path.string))
            }
        } catch {
            throw ProvisionError(mapping: error, otherwise: .unavailable)
        }
        return resolution
    }
}

/// Writes to standard output by every way that there is.
private func chat(_ text: String) {
    print(text)
    fflush(nil)
    FileHandle.standardOutput.write(Data("\(text) by a file handle\n".utf8))
    _ = try? FileDescriptor.standardOutput.writeAll("\(text) by a descriptor\n".utf8)
    let child = Process()
    child.executableURL = URL(fileURLWithPath: "/bin/echo")
    child.arguments = ["\(text) by a child"]
    guard (try? child.run()) != nil else { return }
    child.waitUntilExit()
}
