import ArgumentParser
import ArtifactTypes
import Hive
import Provisioning
import SystemPackage
import Vendors

struct VendorAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a vendor: write a checked file into ~/.config/rbee/vendors.d.",
        discussion: """
            A secret is never written, only where it is: --token-env CORP_TOKEN, or --set token=file:/run/token. \
            Options of the module that have no flag of their own are --set KEY=VALUE, once for each of several values.
            """)

    /// By the words that vendors.d files use.
    enum Provided: String, ExpressibleByArgument, CaseIterable {
        case models
        case workers
    }

    @Option(
        help: ArgumentHelp(
            "The kind: huggingface, git, tarball, oci, local, worker-service, process.", valueName: "module"))
    var module: String

    @Option(help: ArgumentHelp("The vendor's name, which begins its references.", valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp("The server's URL (huggingface).", valueName: "url"))
    var endpoint: String?

    @Option(help: ArgumentHelp("The repository's URL (git).", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("A mirror that is tried first; may be repeated.", valueName: "url"))
    var mirror: [String] = []

    @Option(help: ArgumentHelp("The environment variable that holds its token.", valueName: "variable"))
    var tokenEnv: String?

    @Option(help: ArgumentHelp("The file that holds its token.", valueName: "path"))
    var tokenFile: String?

    @Option(
        help: ArgumentHelp("models or workers; may be repeated. Without: whatever the module can.", valueName: "kind"))
    var provides: [Provided] = []

    @Option(help: ArgumentHelp("Of vendors that claim a reference the highest wins: 0 to 1000.", valueName: "n"))
    var priority: Int?

    @Option(help: ArgumentHelp("References of its own, as corp:{org}/{name}; may be repeated.", valueName: "form"))
    var form: [String] = []

    @Option(help: ArgumentHelp("Take artifacts of this organization alone; may be repeated.", valueName: "name"))
    var organization: [String] = []

    @Option(help: ArgumentHelp("Any other option of the module; may be repeated.", valueName: "key=value"))
    var set: [String] = []

    @Flag(help: "Put it in the place of a built-in vendor, or one of an earlier folder, of the same name.")
    var replace = false

    @Flag(help: "Print the file instead of writing it.")
    var dryRun = false

    @OptionGroup var options: GlobalOptions

    private func draft() throws(ProvisionError) -> VendorDraft {
        var values: [(name: String, value: String)] = []
        if let endpoint { values.append(("endpoint", endpoint)) }
        if let url { values.append(("url", url)) }
        values += mirror.map { (name: "mirrors", value: $0) }
        if let tokenEnv { values.append(("token", "env:\(tokenEnv)")) }
        if let tokenFile { values.append(("token", "file:\(tokenFile)")) }
        for text in set {
            guard let sign = text.firstIndex(of: "="), sign != text.startIndex else {
                throw ProvisionError(.invalid, "--set wants KEY=VALUE, not \"\(text.visiblyEscaped)\"")
            }
            values.append((String(text[..<sign]), String(text[text.index(after: sign)...])))
        }
        return VendorDraft(
            name: name, module: module, provides: Set(provides.map { $0 == .models ? .model : .worker }),
            priority: priority, forms: form,
            organizations: organization, options: values)
    }

    func run() async throws {
        try await Program.run(options) { hive in
            let folder = hive.configuration.userVendorFolder
            let draft = try draft()
            if dryRun {
                let text = try hive.registry.text(of: draft, in: folder, replacing: replace)
                Console.result(piece: Array(text.utf8))
                return
            }
            let file = try hive.registry.add(draft, in: folder, replacing: replace)
            Console.result(options.json ? try JSONOutput.line(["name": name, "file": file.string]) : file.string)
        }
    }
}
