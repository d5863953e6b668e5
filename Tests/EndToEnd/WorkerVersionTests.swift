import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// Versions of a worker side by side, and the name in PATH that means one of them.
@Suite(.timeLimit(.minutes(2)))
struct WorkerVersionTests {
    private let machine: Installation
    private let offers: WorkerOffers
    /// A folder of PATH.
    private let bin: FilePath

    init() throws {
        machine = try Installation()
        offers = try WorkerOffers(machine)
        bin = machine.folder.path.appending("bin")
    }

    private var link: FilePath { bin.appending("demo-worker") }

    private func linked() throws -> String { try machine.shell([link.string, "--version"]) }

    private func offer(_ version: String) throws {
        try offers.addPrebuilt(version)
        offers.offer(version)
    }

    @Test("an upgrade and the way back change what the name means, and leave what runs alone")
    func versions() async throws {
        try offer("1.0.0")
        let first = try await offers.run("worker", "install", "demo-worker", "--link", bin.string)
        #expect(first.status == 0 && first.errors.contains("which is in no folder of PATH"), "\(first.errors)")
        #expect(try linked() == "demo-worker 1.0.0 (cpu)")

        // It waits for its model: the fifo has no writer yet.
        let fifo = machine.folder.path.appending("model")
        try machine.shell(["mkfifo", fifo.string])
        let worker = Process()
        worker.executableURL = URL(fileURLWithPath: link.string)
        worker.arguments = [fifo.string]
        worker.standardError = Pipe()
        try worker.run()
        try offer("2.0.0")
        let second = try await offers.run("worker", "install", "demo-worker")
        #expect(second.output == "demo-worker-cpu-2.0.0-linux\n", "\(second.errors)")
        #expect(try linked() == "demo-worker 2.0.0 (cpu)")
        #expect(worker.isRunning)
        let program = try FileManager.default.destinationOfSymbolicLink(
            atPath: "/proc/\(worker.processIdentifier)/exe")
        #expect(program.contains("demo-worker-cpu-1.0.0-linux"))
        try FileHandle(forWritingTo: URL(fileURLWithPath: fifo.string)).close()
        worker.waitUntilExit()

        machine.hub.forgetRequests()
        let back = try await offers.run("worker", "install", "demo-worker@1.0.0")
        #expect(back.status == 0 && machine.hub.requests.isEmpty, "\(back.errors)")
        #expect(try linked() == "demo-worker 1.0.0 (cpu)")
        let path = try await machine.run("worker", "path", "demo-worker")
        #expect(path.output.contains("demo-worker-cpu-1.0.0-linux"))
        let used = try await machine.run("worker", "use", "demo-worker-cpu-2.0.0")
        #expect(used.output == "demo-worker-cpu-2.0.0-linux\n", "\(used.errors)")
        #expect(try linked() == "demo-worker 2.0.0 (cpu)")
        _ = try await machine.run("worker", "use", "demo-worker-cpu-1.0.0-linux")

        // The choice is no row: it outlives the catalog.
        try FileManager.default.removeItem(atPath: machine.store.appending("catalog.sqlite").string)
        #expect(try await machine.run("catalog", "repair").status == 0)
        #expect(try await machine.run("worker", "path", "demo-worker").output.contains("1.0.0"))
        #expect(try linked() == "demo-worker 1.0.0 (cpu)")
    }

    @Test("what a link leads to is not collected; with the last version the link goes")
    func removal() async throws {
        try offer("1.0.0")
        _ = try await offers.run("worker", "install", "demo-worker")
        try offer("2.0.0")
        let installed = try await offers.run("worker", "install", "demo-worker", "--link", bin.string)
        #expect(installed.status == 0, "\(installed.errors)")
        let collected = try await machine.run("gc", "--older-than", "0s")
        #expect(collected.status == 0, "\(collected.errors)")
        let left = try await machine.run("worker", "list", "--json").json()
        #expect(left.arrayValue?.compactMap { $0["version"]?.stringValue } == ["2.0.0"])

        _ = try await offers.run("worker", "install", "demo-worker@1.0.0")
        _ = try await machine.run("worker", "use", "demo-worker-cpu-2.0.0-linux")
        machine.hub.withdrawWorkers()
        offers.offer("1.0.0")
        let again = try await offers.run("worker", "install", "demo-worker")
        #expect(again.output == "demo-worker-cpu-1.0.0-linux\n", "\(again.errors)")
        let removed = try await machine.run("worker", "remove", "demo-worker")
        #expect(removed.output == "demo-worker-cpu-1.0.0-linux\n")
        #expect(removed.errors.contains("demo-worker is now demo-worker-cpu-2.0.0-linux"), "\(removed.errors)")
        #expect(try linked() == "demo-worker 2.0.0 (cpu)")
        #expect(try await machine.run("worker", "remove", "demo-worker").status == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: bin.string) == [])
    }

    @Test("a link is never put over what is not this store's")
    func foreign() async throws {
        try offer("1.0.0")
        try machine.shell(["mkdir", "-p", bin.string])
        try machine.shell(["sh", "-c", "echo mine > '\(link)'"])
        let file = try await offers.run("worker", "install", "demo-worker", "--link", bin.string)
        #expect(file.status == 73 && file.errors.contains("move it away"), "\(file.errors)")
        #expect(try machine.shell(["cat", link.string]) == "mine")
        try machine.shell(["ln", "-sf", "/bin/true", link.string])
        let other = try await offers.run("worker", "install", "demo-worker", "--link", bin.string)
        #expect(other.status == 73, "\(other.errors)")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.string) == "/bin/true")
        #expect(try await machine.run("worker", "list", "--json").output == "[]\n")
        #expect(try await offers.run("worker", "install", "demo-worker").status == 0)
        // What leads into the store may be led elsewhere in it.
        let path = try await machine.run("worker", "path", "demo-worker").output.trimmingCharacters(in: .newlines)
        try machine.shell(["ln", "-sf", path, link.string])
        let ours = try await machine.run("worker", "use", "demo-worker", "--link", bin.string)
        #expect(ours.status == 0, "\(ours.errors)")
        #expect(try linked() == "demo-worker 1.0.0 (cpu)")
        // A link that its user has put elsewhere meanwhile is not removed with the worker.
        try machine.shell(["ln", "-sf", "/bin/true", link.string])
        #expect(try await machine.run("worker", "remove", "demo-worker").status == 0)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.string) == "/bin/true")
    }
}
