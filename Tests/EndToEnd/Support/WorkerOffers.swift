import ArtifactTypes
import Foundation
import Synchronization
import SystemPackage
import TestHub
import TestSupport

/// A worker catalog service that offers the demo's worker, prebuilt and as source.
final class WorkerOffers: Sendable {
    let machine: Installation
    /// Of the archives, by accelerator and version.
    private let sums = Mutex<[String: String]>([:])
    static let arch = HostPlatform.current.arch

    init(_ machine: Installation) throws {
        self.machine = machine
        let repository = try machine.makeWorkerRepository()
        machine.hub.addGit("worker", repository: repository.appending(".git"))
    }

    var environment: [String: String] { ["WORKER_CATALOG_URL": machine.hub.hub] }

    func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> Outcome {
        let running = try machine.start(
            arguments, environment: self.environment.merging(environment) { _, new in new })
        return try await running.outcome()
    }

    /// Serves an archive of the demo's worker, which calls itself `version`, and the `-bin` PKGBUILD that packages it;
    /// the archive's name is computed by a function of the PKGBUILD, as bash computes it.
    ///
    /// - Parameter accelerator: whose runtime the program loads, so that it passes for one of that.
    func addPrebuilt(_ version: String, sum: String? = nil, accelerator: String = "cpu") throws {
        let program = "demo-worker"
        let libraries = ["cuda": "libcuda.so.1", "rocm": "libamdhip64.so.6"]
        let folder = machine.folder.path.appending("built-\(version)")
        let repository = machine.folder.path.appending("worker")
        try machine.shell(["mkdir", "-p", folder.string])
        try machine.shell([
            "sh", "-c", "sed 's/1\\.0\\.0/\(version)/' \(repository)/worker.c > \(folder)/worker.c",
        ])
        try machine.shell([
            "sh", "-c", "echo 'const char *runtime = \"\(libraries[accelerator] ?? "none")\";' >> '\(folder)/worker.c'",
        ])
        try machine.shell([
            "gcc", "-DVARIANT=\"\(accelerator)\"", "-o", folder.appending(program).string, "\(folder)/worker.c",
        ])
        let name = "demo-worker-linux-\(Self.arch)-\(accelerator)-\(version).tar.gz"
        let archive = machine.folder.path.appending(name)
        try machine.shell(["tar", "-C", folder.string, "-czf", archive.string, program])
        let url = try machine.hub.addRelease(
            name, .bytes(Array(try Data(contentsOf: URL(fileURLWithPath: archive.string)))))
        let sum = try sum ?? String(machine.shell(["sha256sum", archive.string]).prefix(64))
        sums.withLock { $0["\(accelerator)-\(version)"] = sum }
        let known = sums.withLock { sums in ["cpu", "cuda", "rocm"].map { sums["\($0)-\(version)"] ?? sum } }
        try addPackageBuild(
            "demo-bin-\(version)",
            """
            pkgname=demo-worker-bin
            pkgver=\(version)
            pkgrel=1
            arch=(x86_64 aarch64)
            depends=(gcc no-such-library)
            provides=(demo-worker)
            _archive() { echo "demo-worker-linux-$(uname -m)-${RBEE_FEATURES:-cpu}-$pkgver.tar.gz"; }
            echo "it is $(_archive)"
            source=("\(url.dropLast(name.count))$(_archive)")
            case $RBEE_FEATURES in
                cuda) sha256sums=('\(known[1])') ;;
                rocm) sha256sums=('\(known[2])') ;;
                *) sha256sums=('\(known[0])') ;;
            esac
            package() {
                install -dm1777 "$pkgdir/usr/local/bin"
                install -m4755 "$srcdir/\(program)" "$pkgdir/usr/local/bin/\(program)"
            }
            """)
    }

    /// Serves the PKGBUILD that compiles it.
    func addSource(_ version: String, more: String = "true") throws {
        try addPackageBuild(
            "demo-git-\(version)",
            """
            pkgname=demo-worker-git
            pkgver=\(version)
            pkgrel=1
            makedepends=(gcc make git)
            source=("git+\(machine.hub.hub)/git/worker.git#branch=main")
            sha256sums=(SKIP)
            build() { make -C worker variant="$RBEE_FEATURES"; \(more); }
            package() { install -Dm755 "worker/demo-worker-$RBEE_FEATURES" "$pkgdir/usr/bin/demo-worker"; }
            """)
    }

    func addPackageBuild(_ name: String, _ text: String) throws {
        try machine.hub.addRelease("\(name).PKGBUILD", .bytes(Array(text.utf8)))
    }

    /// Offers a version in the nested shape.
    func offer(_ version: String, architectures: String = "\"x86_64\",\"aarch64\"") {
        func variant(_ backend: String, _ more: String = "") -> String {
            """
            {"backend":"\(backend)","platforms":["linux"],"architectures":[\(architectures)],
             "pkgbuildUrl":"/files/demo-bin-\(version).PKGBUILD","pkgbuildUrlGit":"/files/demo-git-\(version).PKGBUILD",
             "makedepends":["gcc","make"]\(more),"binaryName":"demo-worker","homebrewFormula":"/x.rb"}
            """
        }
        machine.hub.offerWorker(
            "demo-worker",
            json: """
                {"id":"demo-worker","version":"\(version)","name":"Demo","description":"answers","license":"MIT",
                 "variants":[\(variant("cpu")),\(variant("rocm", ",\"depends\":[\"rocm-hip-sdk\"]")),
                  \(variant("cuda", ",\"depends\":[\"cuda\"]"))],
                 "capabilities":{"supportedFormats":["gguf"],"supportsStreaming":true}}
                """)
    }
}
