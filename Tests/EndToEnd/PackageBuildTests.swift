import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// Workers whose recipe is a PKGBUILD, built as a user builds them.
@Suite(.timeLimit(.minutes(1)))
struct PackageBuildTests {
    /// A repository whose PKGBUILD packages the demo worker, a second repository's data and an archive's.
    static func setUp(
        _ machine: Installation, sums: String, more: String = ""
    ) throws -> (repository: FilePath, url: String) {
        let repository = try machine.makeWorkerRepository()
        let data = machine.folder.path.appending("data")
        try FileManager.default.createDirectory(atPath: data.string, withIntermediateDirectories: true)
        try Data("from git".utf8).write(to: URL(fileURLWithPath: data.appending("data.txt").string))
        try machine.git(data, "init", "--quiet", "--initial-branch=main")
        try machine.commit(data, "one")
        try machine.git(data, "tag", "v1.5")
        let url = machine.hub.addGit("worker", repository: repository.appending(".git"))
        let dataURL = machine.hub.addGit("data", repository: data.appending(".git"))
        let archiveURL = try Self.addArchive(machine)
        let pkgbuild = """
            pkgname=demo-pack
            pkgver=1.5
            pkgrel=2
            arch=(any)
            makedepends=(gcc make)
            source=("worker::git+\(url)" "git+\(dataURL)#branch=main" "extra-$pkgver.tar.gz::\(archiveURL)")
            sha256sums=(SKIP SKIP \(sums))
            pkgver() { cd data; git describe --tags --long --dirty | sed 's/^v//;s/-/.r/;s/-/./'; }
            build() { make -C worker variant="$RBEE_FEATURES"; }
            check() { worker/demo-worker-$RBEE_FEATURES --version; }
            package() {
                install -Dm755 worker/demo-worker-$RBEE_FEATURES "$pkgdir/usr/bin/demo-worker"
                install -Dm644 data/data.txt "$pkgdir/usr/share/demo/data.txt"
                install -Dm644 extra-1.5/extra.txt "$pkgdir/usr/share/demo/extra.txt"
                install -dm755 "$pkgdir/usr/libexec"
                ln -s /usr/bin/demo-worker "$pkgdir/usr/libexec/demo"
                \(more)
            }
            """
        try FileManager.default.createDirectory(
            atPath: repository.appending("packaging").string, withIntermediateDirectories: true)
        try Data(pkgbuild.utf8).write(to: URL(fileURLWithPath: repository.appending("packaging/PKGBUILD").string))
        try machine.commit(repository, "packaging")
        try machine.addPackageVendor(url: url, pkgbuild: "packaging/PKGBUILD")
        return (repository, url)
    }

    static func addArchive(_ machine: Installation) throws -> String {
        let folder = machine.folder.path.appending("extra/extra-1.5")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        try Data("from an archive".utf8).write(to: URL(fileURLWithPath: folder.appending("extra.txt").string))
        let archive = machine.folder.path.appending("extra.tar.gz")
        // With one time for all: the same bytes whenever it is made.
        try machine.shell([
            "tar", "-C", folder.removingLastComponent().string, "--mtime=@0", "-czf", archive.string, "extra-1.5",
        ])
        return try machine.hub.addRelease(
            "extra.tar.gz", .bytes(Array(try Data(contentsOf: URL(fileURLWithPath: archive.string)))))
    }

    static func sum(_ machine: Installation) throws -> String {
        let archive = machine.folder.path.appending("extra.tar.gz")
        return String(try machine.shell(["sha256sum", archive.string]).prefix(64))
    }

    @Test("its sources come through the vendors, its functions run, its package is installed, and not built twice")
    func whole() async throws {
        let machine = try Installation()
        // Made once to know its digest; the bytes stay.
        _ = try Self.addArchive(machine)
        let sum = try Self.sum(machine)
        let (repository, url) = try Self.setUp(machine, sums: sum)
        try #require(try Self.sum(machine) == sum, "tar made other bytes of the same")
        let commit = try machine.git(repository, "rev-parse", "HEAD")
        let built = try await machine.run("worker", "build", "cpu")
        #expect(built.status == 0, "\(built.errors)")
        #expect(built.output == "demo-worker-cpu-\(commit.prefix(8))-linux\n")
        #expect(built.errors.contains("step 2 of 4: build()"))

        let path = try await machine.run("worker", "path", "demo-worker").output.trimmingCharacters(in: .newlines)
        #expect(path.hasSuffix("/usr/bin/demo-worker"))
        #expect(try machine.shell([path, "--version"]) == "demo-worker 1.0.0 (cpu)")
        let root = FilePath(path).removingLastComponent().removingLastComponent()
        for (name, content) in [("share/demo/data.txt", "from git"), ("share/demo/extra.txt", "from an archive")] {
            #expect(try String(contentsOfFile: root.appending(name).string, encoding: .utf8) == content)
        }
        #expect(try machine.shell([root.appending("libexec/demo").string, "--version"]).hasPrefix("demo-worker"))

        let provenance = try #require(
            try await machine.run("worker", "show", "demo-worker", "--json").json()["provenance"])
        let data = machine.folder.path.appending("data")
        let tagged = try machine.git(data, "rev-parse", "--short=7", "HEAD")
        #expect(provenance["package"] == .string("1.5.r0.g\(tagged)-2"), "pkgver() asks git, and git answers")
        #expect(provenance["flags"]?["RBEE_FEATURES"] == .string("cpu"))
        let sources = try #require(provenance["sources"]?.arrayValue)
        #expect(sources.compactMap { $0["name"]?.stringValue } == ["worker", "data", "extra-1.5.tar.gz"])
        #expect(sources[0]["reference"] == .string("git+\(url)"))
        #expect(sources[0]["revision"] == .string(commit), "the repository that is built is taken at that commit")
        #expect(sources[2]["revision"] == .string("sha256:\(sum)"))

        machine.hub.forgetRequests()
        let again = try await machine.run("worker", "build", "cpu")
        #expect(again.status == 0 && again.errors.contains("here already"), "\(again.errors)")
        #expect(machine.hub.requests.allSatisfy { !$0.path.contains("extra") })

        // A source that moved is another input. Its commit has no tag, and without history none is found before it.
        try machine.commit(data, "two")
        let moved = try await machine.run("worker", "build", "cpu")
        #expect(moved.status == 0 && moved.errors.contains("step 1 of 4"), "\(moved.errors)")
        #expect(moved.errors.contains("the PKGBUILD's own version stays"))
        #expect(try await machine.run("worker", "verify").status == 0)
    }

    @Test("a wrong sum is 65, a missing one too unless the user allows it")
    func sums() async throws {
        let wrong = try Installation()
        _ = try Self.setUp(wrong, sums: String(repeating: "0", count: 64))
        let refused = try await wrong.run("worker", "build", "cpu")
        #expect(refused.status == 65, "\(refused.errors)")

        let loose = try Installation()
        _ = try Self.setUp(loose, sums: "SKIP")
        let without = try await loose.run("worker", "build", "cpu")
        #expect(without.status == 65 && without.errors.contains("--allow-unverified"), "\(without.errors)")
        let allowed = try await loose.run("worker", "build", "cpu", "--allow-unverified")
        #expect(allowed.status == 0, "\(allowed.errors)")
        let shown = try await loose.run("worker", "show", "demo-worker", "--json").json()
        #expect(shown["verified"] == .bool(false))
        let later = try await loose.run("worker", "build", "cpu")
        #expect(later.status == 65, "what was allowed once is not allowed for good: \(later.errors)")
    }

    @Test("a PKGBUILD from a URL is as good; another one there is another input")
    func fromURL() async throws {
        let machine = try Installation()
        let url = machine.hub.addGit("worker", repository: try machine.makeWorkerRepository().appending(".git"))
        func pkgbuild(_ release: Int) -> TestBody {
            .bytes(
                Array(
                    """
                    pkgname=demo
                    pkgver=3
                    pkgrel=\(release)
                    source=("git+\(url)")
                    build() { make -C worker variant=cpu; }
                    package() { install -Dm755 worker/demo-worker-cpu "$pkgdir/usr/bin/demo-worker"; }
                    """.utf8))
        }
        let address = try machine.hub.addRelease("PKGBUILD", pkgbuild(1))
        try machine.addPackageVendor(url: url, pkgbuild: address)
        let built = try await machine.run("worker", "build", "cpu")
        #expect(built.status == 0, "\(built.errors)")
        #expect(try await machine.run("worker", "build", "cpu").errors.contains("here already"))
        _ = try machine.hub.addRelease("PKGBUILD", pkgbuild(2))
        let other = try await machine.run("worker", "build", "cpu")
        #expect(other.status == 0 && other.errors.contains("step 1 of 2"), "\(other.errors)")
        let shown = try await machine.run("worker", "show", "demo-worker", "--json").json()
        #expect(shown["provenance"]?["package"] == .string("3-2"))
    }

    @Test(
        "what a package may not have is refused with 65 and named",
        arguments: [
            ("ln -s /etc/passwd \"$pkgdir/usr/share/demo/leak\"", "leak"),
            ("ln -s ../../../../x \"$pkgdir/usr/share/demo/up\"", "up"),
            ("mkfifo \"$pkgdir/usr/share/demo/pipe\"", "pipe"),
            ("rm \"$pkgdir/usr/bin/demo-worker\"", "executable"),
            ("touch \"$pkgdir/build.log\"", "build.log at its top"),
        ])
    func hostile(line: String, name: String) async throws {
        let machine = try Installation()
        _ = try Self.setUp(machine, sums: "SKIP", more: line)
        let outcome = try await machine.run("worker", "build", "cpu", "--allow-unverified")
        #expect(outcome.status == 65, "\(outcome.errors)")
        #expect(outcome.errors.contains(name), "\(outcome.errors)")
        #expect(try await machine.run("worker", "list", "--json").output == "[]\n")
    }

    @Test("a PKGBUILD that came over the network may not name a repository of this machine")
    func foreignSource() async throws {
        let machine = try Installation()
        let (repository, _) = try Self.setUp(machine, sums: "SKIP")
        let file = repository.appending("packaging/PKGBUILD").string
        let secret = machine.folder.path.appending("data")
        let text = "pkgname=a\npkgver=1\nsource=(\"git+file://\(secret)\")\npackage() { :; }\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        try machine.commit(repository, "reaches out")
        let outcome = try await machine.run("worker", "build", "cpu")
        #expect(outcome.status == 65 && outcome.errors.contains("which it may not"), "\(outcome.errors)")
    }

    @Test("a dry run tells where the PKGBUILD lies and builds nothing; a missing tool that it wants is 69")
    func planned() async throws {
        let machine = try Installation()
        let (repository, _) = try Self.setUp(machine, sums: "SKIP")
        let plan = try await machine.run("worker", "build", "cpu", "--dry-run", "--json").json()
        #expect(plan["pkgbuild"] == .string("packaging/PKGBUILD"))
        #expect(plan["commit"] == .string(try machine.git(repository, "rev-parse", "HEAD")))
        let file = repository.appending("packaging/PKGBUILD").string
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try Data(text.replacing("(gcc make)", with: "(gcc zig)").utf8).write(to: URL(fileURLWithPath: file))
        try machine.commit(repository, "zig")
        let outcome = try await machine.run(
            "worker", "build", "cpu", "--allow-unverified", environment: ["PATH": "/usr/bin:/bin"])
        #expect(outcome.status == 69, "\(outcome.errors)")
        #expect(outcome.errors.contains("zig"))
    }
}
