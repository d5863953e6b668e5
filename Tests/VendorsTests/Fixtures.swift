import ArtifactTypes
import Logging
import Provisioning
import Synchronization
import SystemPackage
import TestSupport
import Vendors

/// A provisioner that has forms and nothing else.
struct FormsOnly: Provisioner {
    let forms: [ReferenceForm]
    let access = NetworkAccess()

    func resolve(
        _ reference: ArtifactReference, in context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution {
        throw ProvisionError(.unsupported, "these tests resolve nothing")
    }
}

/// The modules of the shipped program with their options, and provisioners that only claim references.
final class Modules: Sendable {
    private let made = Mutex<[String]>([])

    /// The vendors that were made, in that order.
    var log: [String] { made.withLock { $0 } }

    var all: [VendorModule] { [huggingface, git, tarball, forge, process] }

    private static let mirrors = VendorOption(
        "mirrors",
        .list(
            .either(
                .string,
                .table([
                    VendorOption("url", .string, required: true, ""), VendorOption("username", .string, ""),
                    VendorOption("token", .secret, ""), VendorOption("ca-file", .string, ""),
                ]))), "")

    var huggingface: VendorModule {
        module(
            "huggingface", provides: [.model],
            options: [
                VendorOption("endpoint", .string, ""), Self.mirrors, VendorOption("token", .secret, ""),
                VendorOption("ca-file", .string, ""), VendorOption("insecure", .boolean, ""),
                VendorOption("timeout", .integer, ""),
            ], builtIn: ["hf"]
        ) { ["\($0):{org}/{name}", "{org}/{name}"] }
    }

    var git: VendorModule {
        module(
            "git", provides: [.model, .worker],
            options: [
                VendorOption("url", .string, required: true, ""), Self.mirrors, VendorOption("branch", .string, ""),
                VendorOption("commit", .string, ""), VendorOption("tag", .string, ""),
                VendorOption("username", .string, ""), VendorOption("token", .secret, ""),
                VendorOption("ca-file", .string, ""), VendorOption("ssh-key", .secret, ""),
                VendorOption("submodules", .either(.boolean, .strings), ""), VendorOption("insecure", .boolean, ""),
                VendorOption("timeout", .integer, ""),
            ], builtIn: []
        ) { ["\($0):{locator}"] }
    }

    var tarball: VendorModule {
        module(
            "tarball", provides: [.model, .worker],
            options: [
                Self.mirrors, VendorOption("token", .secret, ""), VendorOption("ca-file", .string, ""),
                VendorOption("insecure", .boolean, ""), VendorOption("timeout", .integer, ""),
            ], builtIn: ["tarball"]
        ) { _ in ["https://{path*}", "http://{path*}", "github:{owner}/{repo}"] }
    }

    /// A server of its own whose URLs are its instance's, as that of the tarball module.
    var forge: VendorModule {
        let descriptor = VendorDescriptor(
            name: "forge", summary: "forge",
            options: [
                VendorOption("origin", .string, ""), Self.mirrors, VendorOption("signers", .string, ""),
            ], provides: [.model, .worker],
            builtIn: [
                VendorConfiguration(
                    name: "forge", module: "forge", provides: [.worker],
                    options: VendorOptions(["origin": .string("https://forge.example")]))
            ])
        return VendorModule(descriptor: descriptor) {
            (configuration, _) throws(ProvisionError) -> any Provisioner in
            guard let origin = configuration.options.string("origin"), WebOrigin(of: origin)?.isAll(of: origin) == true
            else { throw ProvisionError(.configuration, "origin is no server") }
            if configuration.options.string("signers")?.hasPrefix("/") == false {
                throw ProvisionError(.configuration, "signers is no absolute path")
            }
            return FormsOnly(forms: ["\(origin)/{path*}"].compactMap { ReferenceForm($0) })
        }
    }

    var process: VendorModule {
        module(
            "process", provides: [.model, .worker],
            options: [
                VendorOption("command", .strings, required: true, ""), VendorOption("origins", .strings, ""),
                VendorOption("environment", .strings, ""), VendorOption("secrets", .secrets, ""),
                VendorOption("options", .anything, ""),
            ], builtIn: []
        ) { ["\($0):{locator}"] }
    }

    private func module(
        _ name: String, provides: Set<ArtifactKind>, options: [VendorOption], builtIn: [String],
        forms: @escaping @Sendable (String) -> [String]
    ) -> VendorModule {
        let descriptor = VendorDescriptor(
            name: name, summary: name, options: options, provides: provides,
            builtIn: builtIn.map { VendorConfiguration(name: $0, module: name, provides: provides) })
        return VendorModule(descriptor: descriptor) {
            (configuration, _) throws(ProvisionError) -> any Provisioner in
            self.made.withLock { $0.append(configuration.name) }
            if configuration.options.integer("timeout") == 0 {
                throw ProvisionError(.configuration, "a timeout of 0 is none", option: "timeout")
            }
            return FormsOnly(forms: forms(configuration.name).compactMap { ReferenceForm($0) })
        }
    }
}

extension ProvisionServices {
    /// A world whose every door throws.
    static let closed = ProvisionServices(
        http: HTTPService { (_) async throws(ProvisionError) -> HTTPResponse in
            throw ProvisionError(.unavailable, "no network in this test")
        },
        secret: { (_) async throws(ProvisionError) -> Secret? in
            throw ProvisionError(.unauthorized, "no secrets in this test")
        },
        keptSources: KeptSources { _, _ in throw ProvisionError(.unavailable, "no kept sources in this test") },
        environment: [:], logger: Logger(label: "test"))
}

/// vendors.d folders of a test's own.
struct Folders {
    let directory: TemporaryDirectory
    let paths: [FilePath]

    /// One folder an element, each a list of file names and texts.
    init(_ folders: [[String: String]]) throws {
        directory = try TemporaryDirectory()
        var paths: [FilePath] = []
        for (index, files) in folders.enumerated() {
            paths.append(directory.path.appending("folder\(index)"))
            for (name, text) in files { try directory.write(text.utf8, to: "folder\(index)/\(name)") }
        }
        self.paths = paths
    }

    func load(_ modules: Modules = Modules()) -> VendorRegistry {
        VendorRegistry.load(modules: modules.all, folders: paths, services: .closed)
    }
}

extension VendorRegistry {
    /// The entry of that name that is not shadowed.
    func entry(_ name: String) -> VendorEntry? { entries.last { $0.name == name } }
}

func hub(_ name: String, _ more: String = "") -> String {
    "name = \"\(name)\"\nmodule = \"huggingface\"\n\(more)\n"
}

func worker(
    _ name: String, vendor: String, variants: String = "\"cpu\"", isDefault: Bool = false
) -> String {
    """
    name = "\(vendor)"
    module = "git"
    provides = ["workers"]
    [git]
    url = "https://git.example/x.git"
    [[worker]]
    name = "\(name)"
    default = \(isDefault)
    variants = [\(variants)]
    build = ["make"]
    binary = "bin/${variant}"
    """
}
