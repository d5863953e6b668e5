import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// What `worker build` can be told, and what it leaves behind.
@Suite(.timeLimit(.minutes(1)))
struct BuildOptionTests {
    private func exists(_ path: FilePath) -> Bool { FileManager.default.fileExists(atPath: path.string) }

    @Test("the log of a failed build stays, is named with the step that failed, and goes with the next success")
    func failedLog() async throws {
        let machine = try Installation()
        let repository = try machine.makeWorkerRepository()
        let url = machine.hub.addGit("worker", repository: repository.appending(".git"))
        try machine.addWorkerVendor(url: url, build: "seq 1 40; test -e missing; make variant=\\\"$variant\\\"")
        let commit = try machine.git(repository, "rev-parse", "HEAD")
        let failed = try await machine.run("worker", "build", "cpu")
        let log = machine.store.appending("builds/demo-worker-cpu-\(commit.prefix(8))-linux/build.log")
        #expect(failed.status == 1)
        #expect(failed.errors.contains("'seq 1 40; test -e missing"))
        #expect(failed.errors.contains("the output is in \(log)"), "\(failed.errors)")
        let shown = failed.errors.split(separator: "\n").filter { $0.contains("  | ") }
        #expect(shown.count == 30 && shown.last?.hasSuffix("| 40") == true, "the last 30 lines")
        let kept = try String(contentsOfFile: log.string, encoding: .utf8)
        #expect(kept.split(separator: "\n").count == 41, "all of them, and the step")

        try Data().write(to: URL(fileURLWithPath: repository.appending("missing").string))
        try machine.commit(repository, "mended")
        let mended = try await machine.run("worker", "build", "cpu")
        #expect(mended.status == 0, "\(mended.errors)")
        #expect(exists(log), "another commit's log is another build's")
        let collected = try await machine.run("gc", "--dry-run", "--json").json()
        #expect(collected["items"]?.arrayValue?.contains { $0["kind"] == .string("build") } == true)
        #expect(exists(log))
        #expect(try await machine.run("gc").status == 0)
        #expect(!exists(log))
    }

    @Test("a build that is kept has its checkout and what was built in it; a later one that is not takes it away")
    func kept() async throws {
        let machine = try Installation()
        let url = machine.hub.addGit("worker", repository: try machine.makeWorkerRepository().appending(".git"))
        try machine.addWorkerVendor(url: url)
        let built = try await machine.run("worker", "build", "cpu", "--keep-build", "--jobs", "2")
        #expect(built.status == 0, "\(built.errors)")
        let folder = machine.store.appending("builds/\(built.output.trimmingCharacters(in: .newlines))")
        #expect(built.errors.contains("the build is kept in \(folder)"))
        #expect(exists(folder.appending("checkout/demo-worker-cpu")))
        #expect(exists(folder.appending("scratch/home")))
        #expect(try await machine.run("worker", "build", "cpu", "--force").status == 0)
        #expect(!exists(folder))
    }

    @Test("--source stands for the repository and its mirrors, and gets none of their secrets")
    func source() async throws {
        let machine = try Installation()
        let configured = try machine.makeWorkerRepository()
        let other = try machine.makeWorkerRepository("fork")
        try machine.commit(other, "of the fork")
        let url = machine.hub.addGit("worker", repository: configured.appending(".git"))
        let fork = machine.hub.addGit("fork", repository: other.appending(".git"))
        try machine.addWorkerVendor(
            url: url,
            mirrors: "{ url = \"\(url)\", token = { env = \"MIRROR_TOKEN\" } }")
        let built = try await machine.run(
            "worker", "build", "cpu", "--source", fork, environment: ["MIRROR_TOKEN": "mirror-canary-9"])
        #expect(built.status == 0, "\(built.errors)")
        let commit = try machine.git(other, "rev-parse", "HEAD")
        #expect(built.output == "demo-worker-cpu-\(commit.prefix(8))-linux\n")
        #expect(machine.hub.requests.allSatisfy { !$0.path.contains("/worker.git") })
        let provenance = try await machine.run("worker", "show", "demo-worker", "--json").json()["provenance"]
        #expect(provenance?["repository"] == .string(fork))

        let local = try await machine.run("worker", "build", "cpu", "--source", configured.string, "--ref", "main")
        #expect(local.status == 0, "\(local.errors)")
        #expect(try await machine.run("worker", "list", "--json").json().arrayValue?.count == 2, "side by side")
    }

    @Test(
        "a --source that cannot be is a usage error that names no file",
        arguments: ["http://u:pw-canary@127.0.0.1/x.git", "ext::sh", "http://127.0.0.1/x#branch=y", ""])
    func badSource(source: String) async throws {
        let machine = try Installation()
        try machine.addWorkerVendor(url: "http://127.0.0.1:1/worker.git")
        let outcome = try await machine.run("worker", "build", "cpu", "--source", source)
        #expect(outcome.status == 64, "\(outcome.errors)")
        #expect(outcome.errors.contains("--source"))
        #expect(!outcome.errors.contains(".toml") && !outcome.errors.contains("pw-canary"), "\(outcome.errors)")
    }

    @Test(
        "a server that asks to be left alone, for long or again and again, is said to be that, with 75",
        arguments: [(429, "60"), (429, "0"), (503, "0")])
    func rateLimited(status: Int, seconds: String) async throws {
        let machine = try Installation()
        try machine.addWorkerVendor(url: machine.hub.addGit("worker", repository: machine.makeWorkerRepository()))
        machine.hub.setFault(.status(status, retryAfter: seconds), on: "/git/")
        let outcome = try await machine.run("worker", "build", "cpu")
        #expect(outcome.status == 75, "\(outcome.errors)")
        #expect(outcome.errors.contains("in \(seconds) s"), "\(outcome.errors)")
    }

    @Test("a worker that stands in a broken file is not said to be unknown")
    func brokenFile() async throws {
        let machine = try Installation()
        try machine.addWorkerVendor(url: "http://127.0.0.1:1/worker.git")
        try machine.addVendor(
            "broken.toml",
            """
            name = "broken"
            module = "git"
            [git]
            url = "http://127.0.0.1:1/other.git"
            [[worker]]
            name = "other"
            variants = ["cpu"]
            biuld = ["make"]
            binary = "other"
            """)
        let outcome = try await machine.run("worker", "build", "cpu", "--worker", "other")
        #expect(outcome.status == 78, "\(outcome.errors)")
        #expect(outcome.errors.contains("broken.toml:8:1"), "\(outcome.errors)")
    }

    @Test("a dry run has the commit, the steps, the tools and where they come from, and builds nothing")
    func dryRun() async throws {
        let machine = try Installation()
        let repository = try machine.makeWorkerRepository()
        try machine.git(repository, "tag", "v1.4.0")
        let url = machine.hub.addGit("worker", repository: repository.appending(".git"))
        try machine.addWorkerVendor(url: url)
        let plan = try await machine.run("worker", "build", "cpu", "--dry-run", "--json").json()
        #expect(plan["id"] == .string("demo-worker-cpu-1.4.0-linux"))
        #expect(plan["repository"] == .string(url))
        #expect(plan["commit"] == .string(try machine.git(repository, "rev-parse", "HEAD")))
        #expect(plan["steps"]?.arrayValue?.first?["run"] == .string("make variant=\"$variant\""))
        #expect(plan["steps"]?.arrayValue?.first?["network"] == .bool(false))
        #expect(plan["requires"] == .array([.string("gcc"), .string("make")]))
        #expect(plan["toolchain"]?["gcc"]?.stringValue?.hasPrefix("gcc") == true)
        #expect(plan["isBuilt"] == .bool(false))
        #expect(try await machine.run("worker", "list", "--json").output == "[]\n")
        #expect(try await machine.run("worker", "build", "cpu").status == 0)
        let again = try await machine.run("worker", "build", "cpu", "--dry-run", "--json").json()
        #expect(again["isBuilt"] == .bool(true))
        let text = try await machine.run("worker", "build", "cpu", "--dry-run")
        #expect(text.output.contains("make variant=\"$variant\""))
    }
}
