import ArgumentParser
import ArtifactTypes
import Foundation
import Hive
import ModelCatalog
import Provisioning

struct ModelImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Copy a model of this machine into the store.",
        discussion: """
            A path is a GGUF file, one file of a split set, or a folder. The files stay where they are; where the file \
            system can, the copy shares their blocks. The canonical id is printed on stdout.
            """)

    @Argument(help: ArgumentHelp("The file or folder.", valueName: "path"))
    var path: String

    @Option(help: ArgumentHelp("The name to list it under, as org/name.", valueName: "name"))
    var name: String?

    @Option(help: ArgumentHelp("The digest that the only file must have, as sha256:….", valueName: "digest"))
    var expect: String?

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            let renderer = options.renderer
            defer { renderer.finish() }
            do {
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

    /// The path as a `file:` reference. `..` is resolved as the file system does it, through links.
    private var reference: ArtifactReference {
        get throws {
            var url = URL(fileURLWithPath: path)
            if path.split(separator: "/").contains("..") { url = url.resolvingSymlinksInPath() }
            let text = FileURL.text(of: url.path)
            return try ArtifactReference(argument: name.map { "\(text)#name=\($0)" } ?? text)
        }
    }
}
