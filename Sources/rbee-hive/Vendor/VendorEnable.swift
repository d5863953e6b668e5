import ArgumentParser
import ArtifactTypes
import Hive
import SystemPackage
import Vendors

struct VendorEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Use a vendor again: say enabled = true in its file.")

    @Argument(help: ArgumentHelp("The vendor.", valueName: "name"))
    var name: String

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await VendorSwitch(name: name, enabled: true, options: options).run()
    }
}

struct VendorDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Use a vendor no more: say enabled = false in its file.",
        discussion:
            "Of a built-in vendor, or one that is set up for all users, a file in ~/.config/rbee/vendors.d says so.")

    @Argument(help: ArgumentHelp("The vendor.", valueName: "name"))
    var name: String

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await VendorSwitch(name: name, enabled: false, options: options).run()
    }
}

/// What both do.
private struct VendorSwitch: Sendable {
    let name: String
    let enabled: Bool
    let options: GlobalOptions

    private struct Report: Encodable {
        let name: String
        let enabled: Bool
        let changed: Bool
        let file: String?
        let copyOf: String?
        let removed: String?
    }

    func run() async throws {
        try await Program.run(options) { hive in
            let change = try hive.registry.set(
                enabled: enabled, of: name, folder: hive.configuration.userVendorFolder)
            if options.json {
                let report = Report(
                    name: name, enabled: enabled, changed: change.isChanged, file: change.file?.string,
                    copyOf: change.original?.string, removed: change.removed?.string)
                Console.result(try JSONOutput.line(report))
            } else {
                Console.result(text(of: change).visiblyEscaped)
            }
        }
    }

    private func text(of change: VendorChange) -> String {
        let word = enabled ? "enabled" : "disabled"
        let place = change.file?.string ?? "built in"
        if let original = change.original { return "\(name) is \(word) in \(place), a copy of \(original.string)" }
        if let removed = change.removed { return "\(name) is \(word) (\(place)); \(removed.string) is removed" }
        return change.isChanged ? "\(name) is \(word) in \(place)" : "\(name) is \(word) already (\(place))"
    }
}
