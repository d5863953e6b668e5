import ArgumentParser
import Foundation
import Hive
import Provisioning
import SystemPackage
import WorkerCatalog

/// A name in `PATH` for a worker.
struct LinkOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Put a link of the worker's name into this folder, as ~/.local/bin.", valueName: "dir"))
    var link: String?

    /// Chooses the worker, and makes the link that was asked for.
    func use(_ entry: WorkerBinary, of hive: Hive) async throws(ProvisionError) {
        let folder = link.map { FilePath(URL(fileURLWithPath: $0).standardizedFileURL.path) }
        guard let made = try await hive.use(entry, linkingIn: folder) else { return }
        Console.note("linked \(made.link)" + (made.isInPath ? "" : ", which is in no folder of PATH"))
    }
}
