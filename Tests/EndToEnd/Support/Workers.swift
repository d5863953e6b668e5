import Foundation
import SystemPackage
import TestSupport

extension Installation {
    static let fixtures = FilePath(#filePath).removingLastComponent().removingLastComponent().appending("Fixtures")

    /// A git repository of the demo's worker, with one commit.
    func makeWorkerRepository(_ name: String = "worker") throws -> FilePath {
        let repository = folder.path.appending(name)
        try FileManager.default.copyItem(
            atPath: Self.fixtures.appending("demo-worker").string, toPath: repository.string)
        try git(repository, "init", "--quiet", "--initial-branch=main")
        try commit(repository, "one")
        return repository
    }

    /// A release archive of the demo's worker, whose program is `bin/tool`.
    func makeToolArchive() throws -> [UInt8] {
        let repository = try makeWorkerRepository()
        try shell(["make", "-C", repository.string, "variant=cpu"])
        let file = folder.path.appending("tool.tar.gz")
        try shell([
            "tar", "-C", repository.string, "--transform", "s/demo-worker-cpu/bin\\/tool/", "-czf", file.string,
            "demo-worker-cpu",
        ])
        return Array(try Data(contentsOf: URL(fileURLWithPath: file.string)))
    }

    func commit(_ repository: FilePath, _ message: String) throws {
        try git(repository, "add", "--all")
        try git(
            repository, "-c", "user.name=test", "-c", "user.email=test@example.invalid", "commit", "--quiet",
            "--allow-empty", "--message", message)
    }

    @discardableResult
    func git(_ repository: FilePath, _ arguments: String...) throws -> String {
        try shell(["git", "-C", repository.string] + arguments)
    }

    /// Runs a program of the machine to its end, with no configuration of the machine.
    @discardableResult
    func shell(_ words: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.environment = environment
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path.string)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CommandFailed(words: words) }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
    }

    struct CommandFailed: Error { let words: [String] }

    /// A vendors.d file whose worker is built as a PKGBUILD says.
    ///
    /// - Parameter pkgbuild: a path in the checkout, or a URL.
    func addPackageVendor(url: String, pkgbuild: String) throws {
        try addVendor(url: url, worker: "pkgbuild = \"\(pkgbuild)\"")
    }

    /// A vendors.d file whose worker is built by `build`.
    func addWorkerVendor(
        url: String, mirrors: String = "", build: String = "make variant=\\\"$variant\\\"",
        binary: String = "demo-worker-${variant}",
        requires: String = "{ all = [\"make\", \"gcc\"], cuda = [\"nvcc\"] }"
    ) throws {
        try addVendor(
            url: url, git: "branch = \"main\"\nmirrors = [\(mirrors)]",
            worker: """
                default = true
                build = ["\(build)"]
                binary = "\(binary)"
                requires = \(requires)
                """)
    }

    /// - Parameters:
    ///   - git: what the repository's table has beside its URL.
    ///   - worker: what the worker's table has beside its name, variants and first run.
    private func addVendor(url: String, git: String = "", worker: String) throws {
        try addVendor(
            "demo.toml",
            """
            name = "demo"
            module = "git"
            provides = ["workers"]

            [git]
            url = "\(url)"
            \(git)

            [[worker]]
            name = "demo-worker"
            variants = ["cpu", "cuda"]
            smoke-test = ["--version"]
            \(worker)
            """)
    }
}
