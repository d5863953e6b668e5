import ArgumentParser
import ArtifactTypes
import Hive
import Provisioning
import Vendors

struct VendorShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show every value of a vendor's configuration, and where it was said.")

    @Argument(help: ArgumentHelp("The vendor.", valueName: "name"))
    var name: String

    @OptionGroup var options: GlobalOptions

    private static func text(of origin: VendorDescription.Setting.Origin) -> String {
        switch origin {
        case .file(let file, let line): "\(file):\(line)"
        case .environment(let variable): "$\(variable)"
        case .standard: "default"
        }
    }

    private func show(_ vendor: VendorDescription) {
        let rows = vendor.settings.map { setting in
            [setting.key, setting.value ?? "-", Self.text(of: setting.origin)]
        }
        // Values are to be read whole: the terminal wraps what is long.
        Console.result(Table(headings: ["KEY", "VALUE", "FROM"], rows: rows).lines(width: nil).joined(separator: "\n"))
        for file in vendor.replaces {
            Console.note("it stands in the place of \(file?.visiblyEscaped ?? "the built-in vendor") of that name")
        }
    }

    func run() async throws {
        try await Program.run(options) { hive in
            let vendor = try hive.registry.describe(name)
            if options.json {
                Console.result(try JSONOutput.pretty(vendor))
            } else {
                show(vendor)
            }
            if let error = vendor.error {
                throw ProvisionError(.configuration, error.description, remedy: "mend the file")
            }
        }
    }
}
