public import ArgumentParser
public import ArtifactTypes
import Foundation
import Hive
import Provisioning

struct WorkerBuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Build a worker from its git repository, in a sandbox.",
        discussion: """
            What is missing on this machine is named before anything is fetched. The canonical id is printed on stdout.
            """)

    @Argument(help: "cpu, cuda, metal or rocm.")
    var variant: Accelerator

    @Option(help: "Which worker (default: the one that vendors.d marks as default).")
    var worker: String?

    @Option(help: "A branch, tag or commit instead of the configured one.")
    var ref: String?

    @Option(help: ArgumentHelp("A repository instead of the configured one and its mirrors.", valueName: "url"))
    var source: String?

    @Option(help: "Compilers at once (default: one a core).")
    var jobs: Int?

    @OptionGroup var sandbox: SandboxOption

    @Flag(help: "Take sources of a PKGBUILD that it gives no strong digest of.")
    var allowUnverified = false

    @Flag(help: "Leave the checkout and all that was built in it, and say where.")
    var keepBuild = false

    @Flag(help: "Print the commit, the steps and what they need, and build nothing.")
    var dryRun = false

    @Flag(help: "Build again what these inputs have built before, and in the place of a worker from elsewhere.")
    var force = false

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs wants a number from 1 to 1024") }
    }

    /// A path is one of this machine, whatever folder the program is run from.
    private static func absolute(_ source: String) -> String {
        guard !source.isEmpty, !source.contains(":") else { return source }
        return URL(fileURLWithPath: source).standardizedFileURL.path
    }

    func run() async throws {
        try await Program.run(options) { hive in
            let request = Hive.BuildRequest(
                variant: variant, worker: worker, revision: ref, sandboxed: sandbox.isOn, jobs: jobs,
                source: source.map(Self.absolute), allowsUnverified: allowUnverified, keepsBuild: keepBuild)
            let renderer = dryRun ? options.planRenderer : options.renderer
            defer { renderer.finish() }
            do {
                if dryRun {
                    let plan = try await hive.planBuild(request, progress: renderer.sink)
                    renderer.finish()
                    if let pkgbuild = plan.pkgbuild {
                        Console.note("its steps, tools and sources are told by \(pkgbuild), which a build reads")
                    }
                    Console.result(options.json ? try JSONOutput.pretty(plan) : try Details.text(of: plan))
                } else {
                    let entry = try await hive.buildWorker(request, force: force, progress: renderer.sink)
                    renderer.finish()
                    try options.done(entry)
                }
            } catch {
                renderer.finish()
                throw try options.reported(error)
            }
        }
    }
}

extension Accelerator: ExpressibleByArgument {}

/// How a recipe and a first run are confined.
struct SandboxOption: ParsableArguments {
    enum Choice: String, ExpressibleByArgument, CaseIterable {
        case require, off
    }

    @Option(help: "require, or off on your own word: then a recipe may do whatever you may.")
    var sandbox: Choice = .require

    var isOn: Bool { sandbox == .require }
}
