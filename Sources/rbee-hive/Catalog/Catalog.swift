import ArgumentParser

struct Catalog: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the catalogs against the disk, and make them anew from it.",
        subcommands: [
            CatalogVerify.self, CatalogRepair.self, CatalogStats.self, CatalogExport.self, CatalogImport.self,
        ])
}
