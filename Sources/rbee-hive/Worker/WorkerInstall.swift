import ArgumentParser
import ArtifactTypes
import Hive
import Provisioning

struct WorkerInstall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Install a prebuilt worker from a release archive.",
        discussion: """
            The archive is named by its URL, or as an asset of a release: github:OWNER/NAME@TAG:PATTERN (gitlab: \
            likewise, gitea:HOST/OWNER/NAME). @latest is the newest release; a pattern may have *, ?, {os}, {arch} and \
            {variant}. Name, version, system, processor and variant are read from the archive's name, \
            NAME[-VERSION][-OS][-ARCH][-VARIANT]. With #sha256=… after the URL, or checksums in the release, the \
            archive is verified. The canonical id is printed on stdout.
            """)

    @Argument(help: ArgumentHelp("The archive's URL, or the release and its asset.", valueName: "ref"))
    var reference: String

    @Option(help: "The worker's name, and its executable's.")
    var name: String?

    @Option(name: .customLong("version"), help: "The worker's version.")
    var workerVersion: String?

    @Option(help: "cpu, cuda, metal or rocm.")
    var variant: Accelerator?

    @OptionGroup var sandbox: SandboxOption

    @Flag(help: "Install again what is here already.")
    var force = false

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            let renderer = options.renderer
            defer { renderer.finish() }
            do {
                let request = Hive.InstallRequest(
                    reference: try ArtifactReference(argument: reference), name: name, version: workerVersion,
                    variant: variant, sandboxed: sandbox.isOn)
                let entry = try await hive.installWorker(request, force: force, progress: renderer.sink)
                renderer.finish()
                try options.done(entry)
            } catch {
                renderer.finish()
                throw try options.reported(error)
            }
        }
    }
}
