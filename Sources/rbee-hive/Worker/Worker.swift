import ArgumentParser

struct Worker: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Build and install workers and keep book of them.",
        subcommands: [
            WorkerBuildCommand.self, WorkerInstall.self, WorkerAvailable.self, WorkerUse.self, WorkerList.self,
            WorkerShow.self,
            WorkerPath.self, WorkerVerify.self, WorkerRemove.self, WorkerExport.self, WorkerImport.self,
        ])
}
