import ArgumentParser
import Hive
import ModelCatalog

struct ModelPin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin", abstract: "Keep models whatever gc --older-than or --max-size says.")

    @OptionGroup var pins: Pins

    func run() async throws { try await pins.set(true) }
}

struct ModelUnpin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpin", abstract: "Let gc --older-than and --max-size remove models again.")

    @OptionGroup var pins: Pins

    func run() async throws { try await pins.set(false) }
}

/// What both take and do.
struct Pins: ParsableArguments {
    @Argument(help: ArgumentHelp("Which models.", valueName: "id"))
    var ids: [String]

    @OptionGroup var options: GlobalOptions

    func set(_ pinned: Bool) async throws {
        try await Program.run(options) { [self] hive in
            try await hive.forEach(ids) { argument in
                let entry = try await hive.setPinned(pinned, hive.model(argument))
                Console.result(options.json ? try JSONOutput.line(entry) : entry.id)
            }
        }
    }
}
