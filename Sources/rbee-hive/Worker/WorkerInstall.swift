import ArgumentParser
import ArtifactTypes
import Hive
import Provisioning

struct WorkerInstall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Install a worker: by its name, or from a release archive.",
        discussion: """
            NAME or NAME@VERSION is a worker that a catalog service offers (rbee-hive worker available): the best \
            variant for this machine, of cuda, rocm and cpu in this order, as it was compiled, or else built from its \
            source.

            An archive is named by its URL (https: or file:), or as an asset of a release: \
            github:OWNER/NAME@TAG:PATTERN (gitlab: likewise, gitea:HOST/OWNER/NAME). @latest is the newest release; a \
            pattern may have *, ?, {os}, {arch} and {variant}. Name, version, system, processor and variant are read \
            from the archive's name, NAME[-VERSION][-OS][-ARCH][-VARIANT]. With #sha256=… after the URL, or checksums \
            in the release, the archive is verified. The canonical id is printed on stdout.
            """)

    @Argument(
        help: ArgumentHelp("A worker's name, an archive's URL, or a release and its asset.", valueName: "ref"))
    var reference: String

    @Option(help: "The worker's name, and its executable's.")
    var name: String?

    @Option(name: .customLong("version"), help: "The worker's version.")
    var workerVersion: String?

    @Option(help: "cpu, cuda, metal or rocm.")
    var variant: Accelerator?

    @Flag(help: "Of a worker by name: only as it was compiled by others, or only built here.")
    var form: Form?

    @Flag(help: "Of a worker by name: take sources that its PKGBUILD gives no strong digest of.")
    var allowUnverified = false

    @Flag(help: "Of a worker by name: let the functions of its PKGBUILD use the network.")
    var allowNetwork = false

    @Option(help: "Of a worker by name: compilers at once (default: one a core).")
    var jobs: Int?

    @Option(help: ArgumentHelp("Arguments of the first run (default: --version).", valueName: "words"))
    var smokeTest: String?

    @Flag(help: "Install it without a first run.")
    var noSmokeTest = false

    @OptionGroup var link: LinkOption
    @OptionGroup var sandbox: SandboxOption

    @Flag(help: "Install again what is here already, and in the place of a worker from elsewhere.")
    var force = false

    @OptionGroup var options: GlobalOptions

    enum Form: String, EnumerableFlag {
        case prebuilt, source
    }

    func validate() throws {
        if smokeTest != nil, noSmokeTest {
            throw ValidationError("--smoke-test and --no-smoke-test exclude each other")
        }
        if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs wants a number from 1 to 1024") }
    }

    private var firstRun: FirstRun {
        if noSmokeTest { return .none }
        return smokeTest.map { .arguments($0.split(separator: " ").map(String.init)) } ?? .usual
    }

    func run() async throws {
        try await Program.run(options) { hive in
            let renderer = options.renderer
            defer { renderer.finish() }
            do {
                var request = Hive.InstallRequest(
                    reference: try ArtifactReference(argument: reference), name: name, version: workerVersion,
                    variant: variant, sandboxed: sandbox.isOn)
                request.firstRun = firstRun
                request.form = form.flatMap { OfferedRecipe.Form(rawValue: $0.rawValue) }
                request.allowsUnverified = allowUnverified
                request.allowsNetwork = allowNetwork
                request.jobs = jobs
                let entry = try await hive.installWorker(
                    request, force: force, linkingIn: try link.folder, progress: renderer.sink)
                renderer.finish()
                try options.done(entry)
            } catch {
                renderer.finish()
                throw try options.reported(error)
            }
        }
    }
}
