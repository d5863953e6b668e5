import ArtifactTypes
import Processes
import SystemPackage
import TestSupport
import Testing
import WorkerBuild

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// PKGBUILDs as they are found in the wild, evaluated and run.
@Suite(.sandboxed, .timeLimit(.minutes(1)))
struct PackageTests {
    static let source = """
        #include <stdio.h>
        int main(void) { printf("%s %s\\n", NAME, FEATURES); return 0; }
        """

    /// All that bash allows, in one file.
    static let full = #"""
        # Maintainer: nobody
        _tag() { echo "v${1}"; }
        helper() {
            local word="$1"; shift
            printf '%s' "${word%%-*}" "$@"
        }
        _base=tool
        pkgname="${_base}-worker"
        pkgver=1.2.3
        pkgrel=${RELEASE:-4}
        epoch=1
        _dir="$_base-$pkgver"
        pkgdesc="It's a \"tool\" with $(helper 'odd-words') and `echo ticks`"
        arch=('x86_64' 'aarch64')
        license=(GPL)
        depends=(
            'glibc>=2.36'   # a comment
            "libfoo.so"
        )
        makedepends=(gcc 'make')
        case "$RBEE_FEATURES" in
            cuda) depends+=(cuda) ;;
            cpu) depends+=("openblas"); makedepends+=('bash') ;;
        esac
        if [[ $CARCH == aarch64 ]]; then makedepends+=(arm-thing); else makedepends+=(intel-thing); fi
        provides=("tool=$pkgver")
        source=(
            "main.c"
            "renamed.txt::notes.txt"
            "$_base::git+https://example.invalid/x/${_base}.git#tag=$(_tag $pkgver)"
            "https://example.invalid/$_dir.tar.gz"
        )
        source_x86_64=("https://example.invalid/only-intel.bin")
        source_aarch64=("https://example.invalid/only-arm.bin")
        noextract=("$_dir.tar.gz")
        sha256sums=('SKIP' 'SKIP' 'SKIP'
                    '0000000000000000000000000000000000000000000000000000000000000001')
        sha256sums_x86_64=('0000000000000000000000000000000000000000000000000000000000000002')
        sha256sums_aarch64=('0000000000000000000000000000000000000000000000000000000000000003')
        echo "this goes to nobody's parser"

        pkgver() { printf "%s.r5" 2.0; }
        prepare() {
            msg2 "preparing $_dir"
            mkdir -p "$_dir"
            cp "$srcdir/main.c" "$_dir/"
        }
        build() {
            cd "tool-1.2.3"
            make --version >/dev/null
            echo "MAKEFLAGS=$MAKEFLAGS CARCH=$CARCH dir=$_dir version=$pkgver"
            gcc $CFLAGS -DNAME="\"$pkgname-$pkgver\"" -DFEATURES="\"$RBEE_FEATURES\"" main.c -o "$_base"
        }
        check() { test "$("$srcdir/tool-1.2.3/$_base")" = "$pkgname-$pkgver $RBEE_FEATURES"; }
        package() {
            install -Dm755 -o root -g root "tool-1.2.3/$_base" "$pkgdir/usr/bin/$_base"
            install -Dm644 renamed.txt "$pkgdir/usr/share/doc/$pkgname/notes.txt"
            ln -s /usr/bin/$_base "$pkgdir/usr/bin/alias"
        }
        """#

    static func bench(_ pkgbuild: String = full) throws -> Workbench {
        try Workbench(["packaging/PKGBUILD": pkgbuild, "packaging/main.c": source, "packaging/notes.txt": "notes"])
    }

    static func table(network: [String] = []) -> WorkerRecipeTable {
        WorkerRecipeTable(
            name: "demo", variants: [.cpu, .cuda], network: network, build: [], pkgbuild: "packaging/PKGBUILD",
            binary: "")
    }

    static func package(
        _ bench: Workbench, _ table: WorkerRecipeTable = table(), mode: SandboxMode = .require, lines: Lines = Lines()
    ) async throws -> Packaging {
        let sandbox = try await Sandbox(mode: mode, environment: bench.environment)
        let build = try PackageBuild(
            BuildRecipe(table: table, variant: .cpu), with: WorkerBuilder(sandbox: sandbox), checkout: bench.checkout,
            scratch: bench.scratch, limits: BuildLimits(time: .seconds(50)), jobs: 3, log: bench.log,
            progress: BuildProgress(line: lines.take))
        return Packaging(bench: bench, build: build)
    }

    /// A build, and the folders that it needs for as long as it lives.
    @dynamicMemberLookup
    struct Packaging {
        let bench: Workbench
        let build: PackageBuild

        subscript<T>(dynamicMember path: KeyPath<PackageBuild, T>) -> T { build[keyPath: path] }
        func evaluate() async throws -> PackageDescription { try await build.evaluate() }
        func build(_ evaluated: PackageDescription) async throws -> BuildOutput { try await build.build(evaluated) }
        func check(_ file: FilePath, of source: PackageSource) async throws {
            try await build.check(file, of: source)
        }
    }

    /// Puts the local sources where a provisioner would.
    static func place(_ names: [(String, String)], of package: Packaging) throws {
        for (from, to) in names {
            let bytes = Array((text(package.folder.appending(from).string) ?? "").utf8)
            let file = try FileDescriptor.open(
                package.sources.appending(to), .writeOnly, options: [.create], permissions: [.ownerReadWrite])
            _ = try file.closeAfter { try file.writeAll(bytes) }
        }
    }

    @Test("bash evaluates it: functions, substitutions, case, arrays over lines, arrays of one processor")
    func evaluated() async throws {
        let evaluated = try await Self.package(try Self.bench()).evaluate()
        #expect(evaluated.names == ["tool-worker"])
        #expect(evaluated.version == "1:1.2.3-4")
        #expect(evaluated.architectures == ["x86_64", "aarch64"])
        let special = HostPlatform.current.arch == "x86_64" ? "intel" : "arm"
        #expect(
            evaluated.dependencies == ["gcc", "make", "bash", "\(special)-thing", "glibc", "libfoo.so", "openblas"])
        #expect(evaluated.provides == ["tool"])
        #expect(evaluated.functions.isSuperset(of: ["helper", "_tag", "pkgver", "check", "package"]))
        #expect(evaluated.unknownDependencies == ["\(special)-thing", "libfoo.so", "openblas"])
        let sources = evaluated.sources
        #expect(
            sources.map(\.name.string)
                == ["main.c", "renamed.txt", "tool", "tool-1.2.3.tar.gz", "only-\(special).bin"])
        #expect(sources[1].place == .local(try RelativePath("notes.txt")))
        #expect(sources[2].place == .git("git+https://example.invalid/x/tool.git#tag=v1.2.3"))
        #expect(sources[3].place == .file("https://example.invalid/tool-1.2.3.tar.gz"))
        #expect(!sources[3].unpack && sources[4].unpack)
        #expect(sources[3].digest?.hex.hasSuffix("01") == true)
        #expect(sources[4].digest?.hex.hasSuffix(special == "intel" ? "02" : "03") == true)
    }

    @Test("its functions run in order, with the version of pkgver(), and what package() leaves is the product")
    func built() async throws {
        let bench = try Self.bench()
        let lines = Lines()
        let package = try await Self.package(bench, lines: lines)
        let evaluated = try await package.evaluate()
        try Self.place([("main.c", "main.c"), ("notes.txt", "renamed.txt")], of: package)
        let output = try await package.build(evaluated)
        let root = try #require(output.root)
        #expect(output.version == "1:2.0.r5-4")
        #expect(output.binary == root.appending("usr/bin/tool"))
        #expect(output.flags["RBEE_FEATURES"] == "cpu" && output.flags["CFLAGS"] == "-O2 -pipe")
        #expect(output.toolchain.keys.sorted() == ["gcc", "make"])
        #expect(text(root.appending("usr/share/doc/tool-worker/notes.txt").string) == "notes")
        let outcome = try await run(ProcessRequest(executable: output.binary, environment: [:]))
        #expect(outcome.text == "tool-worker-2.0.r5 cpu\n")
        let titles = lines.all.filter { $0.hasPrefix("$ ") }
        #expect(titles == ["$ prepare()", "$ pkgver()", "$ build()", "$ check()", "$ package()"])
        #expect(lines.all.contains("  -> preparing tool-1.2.3"))
        let facts = "MAKEFLAGS=-j3 CARCH=\(HostPlatform.current.arch) dir=tool-2.0.r5 version=2.0.r5"
        #expect(lines.all.contains(facts), "what derives from pkgver follows it")
        #expect(!lines.all.contains("2.0.r5"), "what pkgver() prints is an answer and no output")
    }

    @Test("a failing function is named, and every command in it counts")
    func failing() async throws {
        let package = try await Self.package(
            try Self.bench("pkgname=a\npkgver=1\nbuild() { echo before; false; echo after; }\npackage() { :; }"))
        let evaluated = try await package.evaluate()
        let error = await #expect(throws: BuildError.self) { try await package.build(evaluated) }
        #expect(error?.code == .failed)
        #expect(error?.step == "build()")
        #expect(error?.remedy?.contains("no network") == true)
        #expect(error?.lastLines == ["$ build()", "before"])
    }

    @Test("a pkgver() that finds no history leaves the version as it is")
    func noHistory() async throws {
        let lines = Lines()
        let package = try await Self.package(
            try Self.bench(
                """
                pkgname=a
                pkgver=7
                pkgver() { false; }
                package() { mkdir -p "$pkgdir/bin"; printf '#!/bin/sh\\n' > "$pkgdir/bin/a"; chmod +x "$pkgdir/bin/a"; }
                """), lines: lines)
        let output = try await package.build(try await package.evaluate())
        #expect(output.version == "7-1")
        #expect(lines.all.contains { $0.contains("the PKGBUILD's own version stays") })
    }

    @Test(
        "what is no PKGBUILD that can be built says why",
        arguments: [
            ("pkgver=1\npackage() { :; }", "pkgname"), ("pkgname=a\npackage() { :; }", "pkgver"),
            ("pkgname='a b'\npkgver=1", "pkgname"), ("pkgname=a\npkgver='$(touch /tmp/x)'", "pkgver"),
            ("pkgname=a\npkgver=1\nexit 0", "ended before"), ("pkgname=a\npkgver=1\nfalse", "status 1"),
            ("pkgname=a\npkgver=1\nif", "reading the PKGBUILD"),
            ("pkgname=a\npkgver=1\narch=(sparc)", "is for sparc"),
            ("pkgname=a\npkgver=1\nsource=(svn+https://x/y)", "svn+https"),
            ("pkgname=a\npkgver=1\nsource=('../../etc/passwd')", "unsafe path"),
            ("pkgname=a\npkgver=1\nsource=('../x::https://h/x')", "unsafe path"),
            ("pkgname=a\npkgver=1\nsource=('a/b::https://h/x')", "slash"),
            ("pkgname=a\npkgver=1\nsource=(a b)\nsha256sums=(SKIP)", "has 1 items"),
            ("pkgname=a\npkgver=1\nsource=(a)\nsha256sums=(beef)", "64 hexadecimal"),
            ("pkgname=a\npkgver=1\nsource=(a x/a)", "two sources are called a"),
        ])
    func invalid(pkgbuild: String, reason: String) async throws {
        let package = try await Self.package(try Self.bench(pkgbuild))
        let error = await #expect(throws: BuildError.self) { try await package.evaluate() }
        #expect(error?.code == .invalidRecipe)
        let said = "\(error?.message ?? "") \(error?.lastLines ?? [])"
        #expect(said.contains(reason), "\(said)")
    }

    @Test("one that does not come to an end while it is read is ended")
    func endless() async throws {
        let package = try await Self.package(try Self.bench("pkgname=a\npkgver=1\nwhile :; do :; done"))
        let error = await #expect(throws: BuildError.self) {
            try await package.build.evaluate(within: .seconds(1))
        }
        #expect(error?.code == .timedOut && error?.message.contains("reading the PKGBUILD") == true)
    }

    @Test("its evaluation reaches no file, no network, and changes nothing of the checkout; nothing of it survives")
    func hostileEvaluation() async throws {
        let listener = try Listener()
        let bench = try Self.bench(
            #"""
            pkgname=a
            pkgver=1
            touch "$startdir/evil" main.c.evil 2>/dev/null && pkgname=(a wrote-checkout)
            touch "$srcdir/evil" 2>/dev/null && pkgname+=(wrote-sources)
            [[ -e /root || -e /home ]] && pkgname+=(saw-home)
            (echo > /dev/tcp/127.0.0.1/PORT) 2>/dev/null && pkgname+=(reached-network)
            [[ $SECRET_TOKEN ]] && pkgname+=(saw-secret)
            printf '1\0end\0' >&3 2>/dev/null
            setsid sleep 86321 >/dev/null 2>&1 &
            package() { :; }
            """#.replacing("PORT", with: "\(listener.port)"))
        let evaluated = try await Self.package(bench).evaluate()
        #expect(evaluated.names == ["a"])
        #expect(processes(with: "86321").isEmpty)
        #expect(text(bench.checkout.appending("packaging/evil").string) == nil)
    }

    @Test("network is what the table gives to a function, by name")
    func network() async throws {
        let bench = try Self.bench(
            """
            pkgname=a
            pkgver=1
            prepare() { test -e /etc/resolv.conf; }
            build() { test ! -e /etc/resolv.conf; }
            package() { mkdir "$pkgdir/bin"; printf '#!/bin/sh\\n' > "$pkgdir/bin/a"; chmod 755 "$pkgdir/bin/a"; }
            """)
        let package = try await Self.package(bench, Self.table(network: ["prepare"]))
        _ = try await package.build(try await package.evaluate())
        let other = try await Self.package(try Self.bench(), Self.table(network: ["fetch"]))
        let evaluated = try await other.evaluate()
        let error = await #expect(throws: BuildError.self) { try await other.build(evaluated) }
        #expect(error?.message.contains("fetch") == true)
    }

    @Test("of a split package the part is packaged that is called like the worker")
    func split() async throws {
        let bench = try Self.bench(
            """
            pkgbase=suite
            pkgname=(other demo)
            pkgver=1
            package_other() { false; }
            package_demo() { mkdir "$pkgdir/bin"; for n in x demo; do printf '#!/bin/sh\\n' > "$pkgdir/bin/$n"; done
                chmod 755 "$pkgdir"/bin/*; }
            """)
        let package = try await Self.package(bench)
        let output = try await package.build(try await package.evaluate())
        #expect(output.binary.lastComponent == "demo")
    }

    @Test("a package of several programs, none called like the worker, names them")
    func ambiguous() async throws {
        let bench = try Self.bench(
            """
            pkgname=a
            pkgver=1
            package() { mkdir "$pkgdir/bin"; for n in x y; do printf '#!/bin/sh\\n' > "$pkgdir/bin/$n"; done
                chmod 755 "$pkgdir"/bin/*; }
            """)
        let package = try await Self.package(bench)
        let evaluated = try await package.evaluate()
        let error = await #expect(throws: BuildError.self) { try await package.build(evaluated) }
        #expect(error?.code == .unsafeOutput)
        #expect(error?.message.contains("bin/x, bin/y") == true)
    }

    @Test("a source with another sum than the PKGBUILD's is refused, by each kind of sum")
    func sums() async throws {
        let sums = [
            ("b2", 128), ("sha512", 128), ("sha384", 96), ("sha256", 64), ("sha224", 56), ("sha1", 40), ("md5", 32),
        ]
        for (name, length) in sums {
            let right = try await run(
                ProcessRequest(
                    executable: FilePath("/usr/bin/\(name)sum"), environment: [:], input: Array("notes".utf8)))
            for (hex, isRight) in [
                (String(right.text.prefix(length)).uppercased(), true), (String(repeating: "0", count: length), false),
            ] {
                let package = try await Self.package(
                    try Self.bench("pkgname=a\npkgver=1\nsource=(notes.txt)\n\(name)sums=(\(hex))"))
                let source = try #require(try await package.evaluate().sources.first)
                let file = package.folder.appending("notes.txt")
                if isRight {
                    try await package.check(file, of: source)
                } else {
                    let error = await #expect(throws: BuildError.self) { try await package.check(file, of: source) }
                    #expect(error?.code == .wrongSource)
                }
            }
        }
    }

    @Test("without a sandbox, at the user's word, the same PKGBUILD builds", .enabled { getuid() == 0 })
    func unsandboxed() async throws {
        let package = try await Self.package(try Self.bench(), mode: .off)
        let evaluated = try await package.evaluate()
        try Self.place([("main.c", "main.c"), ("notes.txt", "renamed.txt")], of: package)
        let output = try await package.build(evaluated)
        #expect(!output.sandboxed)
        let outcome = try await run(ProcessRequest(executable: output.binary, environment: [:]))
        #expect(outcome.text == "tool-worker-2.0.r5 cpu\n")
    }
}
