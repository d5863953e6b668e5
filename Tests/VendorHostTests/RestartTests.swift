import ArtifactTypes
import Logging
import Provisioning
import Testing
import VendorHost

@Suite("a plug-in that ends too early is started again, three times at most")
struct RestartTests {
    private func resolve(_ provisioner: any Provisioner) async -> ProvisionError? {
        do {
            let context = ProvisionContext(
                job: "job", kind: .model, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            _ = try await provisioner.resolve(try ArtifactReference(parsing: "test:org/name"), in: context)
            return nil
        } catch {
            return error as? ProvisionError ?? ProvisionError(.io(errno: 0), "\(error)")
        }
    }

    /// How often the plug-in was started.
    private func starts(of plugin: Plugin) throws -> Int {
        try (plugin.contents(of: "pids") ?? "").split(separator: "\n").count
    }

    @Test("one that crashes twice serves the same job")
    func recovers() async throws {
        let plugin = try Plugin(
            """
            def resolve(request):
                if len(open(here + "/pids").readlines()) < 3: os._exit(1)
                return resolution(request)
            """)
        #expect(await resolve(try plugin.provisioner()) == nil)
        #expect(try starts(of: plugin) == 3)
    }

    @Test("one that always crashes is disabled with the reason, and not started for the next job")
    func disabled() async throws {
        let plugin = try Plugin("def resolve(request): raise RuntimeError('the reason')")
        let provisioner = try plugin.provisioner()
        let first = try #require(await resolve(provisioner))
        #expect(first.message.hasPrefix("vendor test, at resolve: it ended without an answer"), "\(first)")
        #expect(try starts(of: plugin) == 4)
        let second = try #require(await resolve(provisioner))
        #expect(second.code == .unavailable)
        #expect(second.message.contains("disabled after 4 failures in a row"), "\(second)")
        #expect(second.message.contains("it ended without an answer"), "\(second)")
        #expect(try starts(of: plugin) == 4)
    }

    @Test("one that answers garbage is not asked twice in a job; one that answers an error is healthy")
    func others() async throws {
        let garbage = try Plugin("def resolve(request): os.write(1, b'hello\\n')")
        let provisioner = try garbage.provisioner()
        for count in 1...4 {
            #expect(await resolve(provisioner)?.message.contains("at resolve") == true)
            #expect(try starts(of: garbage) == count)
        }
        #expect(await resolve(provisioner)?.message.contains("disabled") == true)

        let refusing = try Plugin(
            """
            def resolve(request):
                send({"jsonrpc": "2.0", "id": request["id"], "error":
                      {"code": -32000, "message": "down", "data": {"code": "unavailable"}}})
                hang()
            """)
        let healthy = try refusing.provisioner()
        for _ in 1...5 { #expect(await resolve(healthy)?.message.contains("down") == true) }
    }
}
