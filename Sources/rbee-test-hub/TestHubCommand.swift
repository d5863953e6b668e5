import ArgumentParser

@main
struct TestHubCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rbee-test-hub",
        abstract: "A model hub, CDN, release server and git server on loopback, for tests and the demo.",
        subcommands: [Serve.self, MakeGGUF.self])
}
