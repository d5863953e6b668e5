import ArtifactTypes
import Provisioning
import SystemPackage

/// A `[process]` table, checked: which program runs, and what it may see and name.
struct PluginCommand: Sendable {
    let vendor: String
    /// A path with a slash, or a name to be looked up in PATH.
    let program: String
    let arguments: [String]
    /// Names of variables beyond the usual three.
    let environment: [String]
    let secrets: [String: SecretSource]
    let origins: [WebOrigin]
    let forms: [ReferenceForm]
    let provides: Set<ArtifactKind>
    /// What the file says for the plug-in itself.
    let options: [String: JSONValue]
    /// The whole file: what its trust table takes holds while the plug-in fetches.
    let configuration: VendorConfiguration

    /// - Throws: `.configuration` for an empty or relative command, a bad origin or variable.
    init(_ configuration: VendorConfiguration, environment hive: [String: String]) throws(ProvisionError) {
        self.configuration = configuration
        vendor = configuration.name
        provides = configuration.provides
        secrets = configuration.options.secrets("secrets")
        switch configuration.options.anything("options") {
        case .object(let members)?: options = members
        case nil: options = [:]
        default: throw ProvisionError(.configuration, "\"options\" is not a table", option: "options")
        }
        let words = configuration.options.strings("command") ?? []
        guard let first = words.first, !first.isEmpty else {
            throw ProvisionError(
                .configuration, "\"command\" is empty", remedy: "name the program to run", option: "command")
        }
        if let file = configuration.file, first.hasPrefix("./") {
            program = FilePath(file).removingLastComponent().appending(String(first.dropFirst(2))).string
        } else if first.contains("/"), !first.hasPrefix("/") {
            throw ProvisionError(
                .configuration, "the command \"\(first.visiblyEscaped)\" is neither absolute nor a name in PATH",
                remedy: "begin it with ./ if it stands beside the file", option: "command")
        } else {
            program = first
        }
        arguments = Array(words.dropFirst())

        environment = configuration.options.strings("environment") ?? []
        if let odd = environment.first(where: { $0.isEmpty || $0.contains("=") }) {
            throw ProvisionError(
                .configuration, "\"\(odd.visiblyEscaped)\" is no name of an environment variable", option: "environment"
            )
        }
        var origins: [WebOrigin] = []
        for text in configuration.options.strings("origins") ?? [] {
            if let origin = try Self.origin(text, environment: hive) { origins.append(origin) }
        }
        self.origins = origins
        if configuration.forms.isEmpty {
            forms = ReferenceForm("\(configuration.name):{locator}").map { [$0] } ?? []
        } else {
            forms = configuration.forms
        }
    }

    /// An origin as it stands in the file, or `$NAME`: that of the URL in an environment variable; nil if it is unset.
    private static func origin(
        _ text: String, environment: [String: String]
    ) throws(ProvisionError) -> WebOrigin? {
        if text.hasPrefix("$") {
            guard let url = environment[String(text.dropFirst())] else { return nil }
            if let origin = WebOrigin(of: url) { return origin }
            throw ProvisionError(
                .configuration, "the variable \(String(text.dropFirst()).visiblyEscaped) holds no http or https URL",
                option: "origins")
        }
        guard let origin = WebOrigin(of: text), origin.isAll(of: text) else {
            throw ProvisionError(
                .configuration, "\"\(text.visiblyEscaped)\" is not an origin",
                remedy: "an origin is scheme, host and port, as \"http://127.0.0.1:8080\"", option: "origins")
        }
        return origin
    }

    /// The program's path, looked up in `path` if it is a bare name.
    ///
    /// - Throws: `.unavailable` where there is no such program.
    func executable(path: String) throws(ProvisionError) -> FilePath {
        let folders = program.contains("/") ? [""] : path.split(separator: ":").map { "\($0)/" }
        for folder in folders {
            let file = FilePath(folder + program)
            // One that cannot be looked at cannot be run either.
            guard let status = try? file.stat(), status.type == .regular else { continue }
            if status.permissions.intersection([.ownerExecute, .groupExecute, .otherExecute]).isEmpty { continue }
            return file
        }
        throw ProvisionError(
            .unavailable, "there is no executable \(program.visiblyEscaped)",
            remedy: "\"command\" in its file names it; `chmod +x` makes a script executable")
    }

    /// What the process sees: PATH, HOME, LANG and the variables that the vendor's file names.
    func environment(from hive: [String: String]) -> [String: String] {
        var seen: [String: String] = [:]
        for name in ["PATH", "HOME", "LANG"] + environment { seen[name] = hive[name] }
        return seen
    }
}
