import ArgumentParser

struct Vendor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show where artifacts come from.", subcommands: [VendorList.self, VendorExplain.self])
}
