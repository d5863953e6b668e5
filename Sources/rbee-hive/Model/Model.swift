import ArgumentParser

struct Model: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Download models and keep book of them.",
        subcommands: [
            ModelDownload.self, ModelImport.self, ModelExport.self, ModelList.self, ModelShow.self, ModelPath.self,
            ModelVerify.self, ModelRemove.self, ModelPin.self, ModelUnpin.self, ModelOutdated.self,
        ])
}
