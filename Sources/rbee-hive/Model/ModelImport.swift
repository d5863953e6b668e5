import ArgumentParser
import ArtifactTypes
import Hive
import ModelCatalog
import Provisioning
import SystemPackage

struct ModelImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Copy a model of this machine into the store, or take over an export.",
        discussion: """
            A path is a GGUF file, one file of a split set, a folder, or what rbee-hive model export wrote. The files \
            stay where they are; where the file system can, the copy shares their blocks. Of an export nothing is \
            installed before every byte was found to be what its manifest says. The canonical ids are printed on stdout.
            """)

    @Argument(help: ArgumentHelp("The file or folder.", valueName: "path"))
    var path: String

    @Option(help: ArgumentHelp("The name to list it under, as org/name.", valueName: "name"))
    var name: String?

    @Option(help: ArgumentHelp("The digest that the only file must have, as sha256:….", valueName: "digest"))
    var expect: String?

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options, resumes: !Hive.isExport(FilePath(path))) { hive in
            let renderer = options.renderer
            defer { renderer.finish() }
            do {
                if Hive.isExport(FilePath(path)) {
                    let report = try await importExport(hive, renderer.sink)
                    renderer.finish()
                    return try options.done(report)
                }
                let request = Hive.ModelRequest(
                    reference: try reference, expected: try expect.map { try Digest(argument: $0) })
                let entry = try await hive.downloadModel(request, progress: renderer.sink)
                renderer.finish()
                Console.result(options.json ? try JSONOutput.line(DoneEvent(model: entry)) : entry.id)
            } catch {
                renderer.finish()
                throw try options.reported(error)
            }
        }
    }

    private func importExport(_ hive: Hive, _ progress: ProgressSink) async throws -> Hive.TransferReport {
        guard name == nil, expect == nil else {
            throw ProvisionError(
                .invalid, "\(path) is an export, whose manifest has names and digests",
                remedy: "leave out --name and --expect")
        }
        return try await hive.importExport(FilePath(path), of: .model, progress: progress)
    }

    /// The path as a `file:` reference.
    private var reference: ArtifactReference {
        get throws {
            let text = FileURL.text(of: FilePath(argument: path).string)
            return try ArtifactReference(argument: name.map { "\(text)#name=\($0)" } ?? text)
        }
    }
}
