import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// A PKGBUILD that compiles nothing: it packages what others have compiled, and computes where that is.
@Suite struct BinaryPackageTests {
    private let machine: Installation
    private let program: FilePath
    private let extra: FilePath

    init() throws {
        machine = try Installation()
        let folder = machine.folder.path
        program = folder.appending("tool.tar.gz")
        _ = try machine.makeToolArchive()
        extra = folder.appending("extra.tar.gz")
        _ = try PackageBuildTests.addArchive(machine)
        try machine.hub.addRelease("tool-linux-\(HostPlatform.current.arch)-cpu.tar.gz", body(of: program))
        try machine.hub.addRelease("notes.txt", .bytes(Array("notes".utf8)))
    }

    private func body(of file: FilePath) throws -> TestBody {
        .bytes(Array(try Data(contentsOf: URL(fileURLWithPath: file.string))))
    }

    /// - Parameters:
    ///   - wrong: the kind of sum that is of another file.
    ///   - skipped: the kind of sum that is not given.
    private func setUp(wrong: String = "", skipped: String = "") throws {
        func sum(_ kind: String, _ file: FilePath) throws -> String {
            if kind == skipped { return "SKIP" }
            if kind == wrong { return try machine.shell(["\(kind)sum", "/dev/null"]).prefix { $0 != " " } + "" }
            return try machine.shell(["\(kind)sum", file.string]).prefix { $0 != " " } + ""
        }
        let notes = try machine.folder.write(Array("notes".utf8), to: "notes.txt")
        let repository = machine.folder.path.appending("recipe")
        let pkgbuild = """
            pkgname=demo-worker-bin
            pkgver=1.5.0
            pkgrel=1
            arch=(x86_64 aarch64)
            provides=(demo-worker)
            _site='\(machine.hub.hub)/files'
            _asset() {
                local processor
                case "$CARCH" in
                    x86_64) processor=x86_64 ;;
                    *) processor=aarch64 ;;
                esac
                printf 'tool-linux-%s-%s.tar.gz' "$processor" "${RBEE_FEATURES:-cpu}"
            }
            source=("demo-$pkgver.tar.gz::$_site/$(_asset)" "kept.tar.gz::$_site/extra.tar.gz")
            noextract=(kept.tar.gz)
            sha256sums=('\(try sum("sha256", program))' SKIP)
            sha512sums=(SKIP '\(try sum("sha512", extra))')
            source_x86_64=("$_site/notes.txt")
            b2sums_x86_64=('\(try sum("b2", notes))')
            source_aarch64=("$_site/notes.txt")
            b2sums_aarch64=("${b2sums_x86_64[@]}")
            package() {
                install -Dm755 bin/tool "$pkgdir/usr/bin/demo-worker"
                install -Dm644 notes.txt -t "$pkgdir/usr/share/demo"
                [[ -f kept.tar.gz && ! -e extra-1.5 ]]
            }
            """
        try machine.folder.write(Array(pkgbuild.utf8), to: "recipe/PKGBUILD")
        try machine.git(repository, "init", "--quiet", "--initial-branch=main")
        try machine.commit(repository, "one")
        let url = machine.hub.addGit("recipe", repository: repository.appending(".git"))
        try machine.addPackageVendor(url: url, pkgbuild: "PKGBUILD")
    }

    @Test("whose source is computed by a function at top level is installed")
    func computedSource() async throws {
        try setUp()
        let built = try await machine.run("worker", "build", "cpu")
        #expect(built.status == 0, "\(built.errors)")
        let path = try await machine.run("worker", "path", "demo-worker").output.trimmingCharacters(in: .newlines)
        #expect(try machine.shell([path, "--version"]).hasPrefix("demo-worker"))
        let shown = try await machine.run("worker", "show", "demo-worker", "--json").json()
        #expect(shown["verified"] == .bool(true))
        #expect(shown["provenance"]?["package"] == .string("1.5.0-1"))
        let names = shown["provenance"]?["sources"]?.arrayValue?.compactMap { $0["name"]?.stringValue }
        #expect(names == ["demo-1.5.0.tar.gz", "kept.tar.gz", "notes.txt"])
    }

    @Test("a sum that it does not give and that stands beside its source is used unasked")
    func sumBeside() async throws {
        try setUp(skipped: "sha256")
        let loose = try await machine.run("worker", "build", "cpu")
        #expect(loose.status == 65 && loose.errors.contains("--allow-unverified"), "\(loose.errors)")
        let name = "tool-linux-\(HostPlatform.current.arch)-cpu.tar.gz"
        let right = try machine.shell(["sha256sum", program.string]).prefix(64)
        for (sum, status) in [(String(repeating: "0", count: 64), 65), (String(right), 0)] {
            try machine.hub.addRelease("SHA256SUMS", .bytes(Array("\(sum)  \(name)\n".utf8)))
            let built = try await machine.run("worker", "build", "cpu")
            #expect(built.status == status, "\(built.errors)")
        }
        let shown = try await machine.run("worker", "show", "demo-worker", "--json").json()
        #expect(shown["verified"] == .bool(true))
        let sources = shown["provenance"]?["sources"]?.arrayValue
        #expect(sources?.first?["revision"] == .string("sha256:\(right)"))
    }

    @Test("what its sources unpack to is held to the max-size of who has them")
    func tooLarge() async throws {
        try setUp()
        try machine.addVendor("t.toml", "name = \"tarball\"\nmodule = \"tarball\"\ntrust.max-size = \"12k\"\n")
        let outcome = try await machine.run("worker", "build", "cpu")
        #expect(outcome.status == 65 && outcome.errors.contains("this is larger unpacked"), "\(outcome.errors)")
        #expect(outcome.errors.contains("t.toml:3"))
    }

    @Test("a wrong sum of any kind is refused with 65", arguments: ["sha256", "sha512", "b2"])
    func wrongSum(kind: String) async throws {
        try setUp(wrong: kind)
        let outcome = try await machine.run("worker", "build", "cpu")
        #expect(outcome.status == 65, "\(outcome.errors)")
        #expect(try await machine.run("worker", "list", "--json").output == "[]\n")
    }
}
