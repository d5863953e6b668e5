import ArgumentParser
import Foundation
import Provisioning
import SystemPackage

/// A name in `PATH` for a worker.
struct LinkOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Put a link of the worker's name into this folder, as ~/.local/bin.", valueName: "dir"))
    var link: String?

    /// - Throws: `.invalid` for an empty one, which would be the current folder.
    var folder: FilePath? {
        get throws(ProvisionError) {
            guard let link else { return nil }
            guard !link.isEmpty else { throw ProvisionError(.invalid, "--link wants a folder, as ~/.local/bin") }
            return FilePath(URL(fileURLWithPath: link).standardizedFileURL.path)
        }
    }
}
