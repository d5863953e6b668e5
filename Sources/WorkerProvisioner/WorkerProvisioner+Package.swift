import ArtifactTypes
import ContentStore
import Foundation
import Pipeline
import Provisioning
import SystemPackage
import WorkerBuild
import WorkerCatalog

/// A PKGBUILD, and with what it is run.
struct PackageWork: Sendable {
    let recipe: BuildRecipe
    let requirements: ToolRequirements
    let sandbox: Sandbox
    /// Compilers at once.
    let jobs: Int
    let origin: PackageOrigin
}

/// Workers whose recipe is a PKGBUILD.
extension WorkerProvisioner {
    /// Evaluates the PKGBUILD, fetches its sources, runs its functions.
    ///
    /// - Parameter log: where all output goes.
    func package(
        _ work: PackageWork, checkout: FilePath, scratch: FilePath, caches: FilePath?, log: FilePath,
        for job: ProvisionJob
    ) async throws -> (output: BuildOutput, sources: [WorkerSource]) {
        let package = try PackageBuild(
            work.recipe, with: WorkerBuilder(sandbox: work.sandbox), checkout: checkout, scratch: scratch,
            caches: caches, jobs: work.jobs, log: log, progress: job.building)
        job.progress(.stage("reading the PKGBUILD"))
        let evaluated = try await package.evaluate()
        try work.requirements.check(evaluated)
        if !evaluated.unknownDependencies.isEmpty {
            job.progress(
                .notice(
                    "the PKGBUILD wants \(evaluated.unknownDependencies.joined(separator: ", ")); whether this machine "
                        + "has them, the build will show"))
        }
        let sources = try await PackageSources(pipeline: pipeline, origin: work.origin, package: package, job: job)
            .fetch(evaluated.sources)
        return (try await package.build(evaluated), sources)
    }

    /// What stands at the top of every worker's tree.
    private static let ownNames: Set = ["build.log", "artifact.json", "PKGBUILD"]

    /// Moves what was packaged into the tree, for `scan` to take in, and returns where the program lies there.
    func move(_ package: FilePath, program: FilePath, into tree: FilePath) throws -> String {
        var path = program
        guard path.removePrefix(package) else { throw ProvisionError(.invalid, "\(program) is not in \(package)") }
        try tidy(package)
        for name in try FileManager.default.contentsOfDirectory(atPath: package.string) {
            guard !Self.ownNames.contains(name) else {
                throw ProvisionError(
                    .unsafeContent, "the package has \(name) at its top, which the hive itself writes there",
                    remedy: "let package() put it into a folder, as $pkgdir/usr/share")
            }
            try FileManager.default.moveItem(
                atPath: package.appending(name).string, toPath: tree.appending(name).string)
        }
        return path.string
    }

    /// A package's absolute links mean the machine's root once it is installed. Those that lead into the package are kept
    /// as relative ones; the others are refused when the tree is looked through. Its folders are no one else's to write.
    private func tidy(_ package: FilePath) throws {
        for name in try FileManager.default.subpathsOfDirectory(atPath: package.string) {
            let link = package.appending(name)
            let type = try link.stat(followTargetSymlink: false).type
            if type == .directory {
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: link.string)
            }
            guard type == .symbolicLink else { continue }
            let target = try FileManager.default.destinationOfSymbolicLink(atPath: link.string)
            guard target.hasPrefix("/"),
                (try? package.appending(target).stat(followTargetSymlink: false)) != nil
            else { continue }
            let up = String(repeating: "../", count: FilePath(name).components.count - 1)
            try FileManager.default.removeItem(atPath: link.string)
            try FileManager.default.createSymbolicLink(
                atPath: link.string, withDestinationPath: up + target.drop { $0 == "/" })
        }
    }
}

extension ProvisionJob {
    /// A build's steps and output as this job's events.
    var building: BuildProgress {
        BuildProgress(
            step: { [progress] number, count, title in
                progress(.step(number: number, count: count, title: title))
            },
            line: { [progress] line in progress(.output(line)) })
    }
}
