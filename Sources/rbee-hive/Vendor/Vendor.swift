import ArgumentParser

struct Vendor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show and change where artifacts come from.",
        subcommands: [
            VendorList.self, VendorShow.self, VendorExplain.self, VendorTest.self, VendorAdd.self, VendorEnable.self,
            VendorDisable.self,
        ])
}
