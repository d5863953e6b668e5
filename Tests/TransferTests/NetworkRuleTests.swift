import ArtifactTypes
import Testing

@testable import Transfer

@Suite("The network rules")
struct NetworkRuleTests {
    private func code(_ bench: Bench, _ request: TransferRequest) async -> TransferError.Code? {
        do throws(TransferError) {
            _ = try await bench.engine.send(request)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(
        "know each kind of address however it is mapped",
        arguments: [
            ("127.0.0.1", .loopback), ("127.9.9.9", .loopback), ("[::1]", .loopback), ("::ffff:127.0.0.1", .loopback),
            ("10.0.0.1", .local), ("172.16.0.1", .local), ("172.32.0.1", .global), ("192.168.1.1", .local),
            ("100.64.0.1", .local), ("0.0.0.0", .local), ("::", .local), ("fd00::1", .local), ("fc00::1", .local),
            ("169.254.169.254", .linkLocal), ("::ffff:169.254.169.254", .linkLocal), ("fe80::1%eth0", .linkLocal),
            ("fd00:ec2::254", .linkLocal), ("64:ff9b::10.0.0.1", .local), ("2002:7f00:1::", .loopback),
            ("224.0.0.1", .local), ("255.255.255.255", .local), ("8.8.8.8", .global), ("2606:4700::1", .global),
        ] as [(String, AddressClass)])
    func kinds(text: String, kind: AddressClass) {
        #expect(AddressClass(numeric: text) == kind)
    }

    @Test("let private addresses be reached only where the user configured one")
    func privateAddresses() async throws {
        let server = try ScriptedServer { _, wire in wire.answer(200) }
        let bench = try Bench()
        func code(_ url: String, _ configured: [String]) async -> TransferError.Code? {
            await self.code(bench, TransferRequest(url: url, access: TransferAccess(configuredOrigins: configured)))
        }
        let port = server.port
        #expect(await code(server.origin, []) == .forbidden)
        #expect(await code("http://localhost:\(port)", ["https://8.8.8.8"]) == .forbidden)
        #expect(await code("http://0x7f.1:\(port)", []) == .forbidden)
        #expect(await code("http://2130706433:\(port)", []) == .forbidden)
        #expect(await code("http://[::ffff:127.0.0.1]:\(port)", []) == .forbidden)
        #expect(server.requests.isEmpty)
        #expect(await code(server.origin, [server.origin]) == nil)
        #expect(await code(server.origin, ["http://127.0.0.9:1"]) == nil)
        #expect(await code(server.origin, ["http://localhost:1"]) == nil)
        #expect(server.requests.count == 3)
    }

    @Test("hold on a connection that another request had opened")
    func reusedConnection() async throws {
        let server = try ScriptedServer { _, wire in wire.answer(200) }
        let bench = try Bench()
        let url = "http://localhost:\(server.port)"
        let allowed = TransferRequest(url: url, access: TransferAccess(configuredOrigins: [url]))
        #expect(await code(bench, allowed) == nil)
        #expect(await code(bench, TransferRequest(url: url)) == .forbidden)
        #expect(server.requests.count == 1)
    }

    @Test("keep the addresses of cloud credentials shut unless they are configured themselves")
    func metadata() throws {
        let access = TransferAccess(configuredOrigins: ["http://127.0.0.1:80", "http://169.254.169.254"])
        let origins = ConfiguredOrigins(access)
        let other = try WebAddress("http://169.254.170.2/").origin
        let own = try WebAddress("http://169.254.169.254/latest").origin
        #expect(!origins.policy(for: other, isProxied: false).permits("169.254.170.2"))
        #expect(origins.policy(for: own, isProxied: false).permits("169.254.169.254"))
        #expect(!origins.policy(for: other, isProxied: true).permits(host: "169.254.170.2"))
        #expect(origins.policy(for: other, isProxied: true).permits("192.168.0.1"))
    }

    @Test(
        "let what a public host gave name no private one, and what a private one gave name its own",
        arguments: [
            ("https://10.0.0.1/x", "https://hub.invalid", false),
            ("https://[::1]:8080/x", "https://hub.invalid", false),
            ("https://localhost/x", "https://hub.invalid", false),
            ("https://cdn.example/x", "https://hub.invalid", true),
            ("https://192.168.1.1/x", "https://10.0.0.2", true), ("https://localhost/x", "http://localhost:8080", true),
            ("https://169.254.169.254/x", "http://10.0.0.2", false),
            ("https://169.254.169.254/x", "https://169.254.169.254", true),
        ])
    func names(url: String, origin: String, isAllowed: Bool) async {
        // A name that no resolver knows is a public one here.
        #expect(await TransferAccess(configuredOrigins: [origin]).mayName(url) == isAllowed)
    }

    @Test("follow no redirect to a private address from a public configuration")
    func redirectInward() async throws {
        let victim = try ScriptedServer { _, wire in wire.answer(200) }
        let victimOrigin = victim.origin
        let server = try ScriptedServer { _, wire in
            wire.answer(302, ["Location": victimOrigin.replacing("127.0.0.1", with: "169.254.169.254")])
        }
        let bench = try Bench()
        let access = TransferAccess(configuredOrigins: [server.origin])
        #expect(await code(bench, TransferRequest(url: server.origin, access: access)) == .forbidden)
        #expect(victim.requests.isEmpty)
    }

    @Test("send no secret over plain http but to this machine, or where it is allowed")
    func plainSecrets() throws {
        func chain(_ url: String, allowInsecure: Bool = false) throws {
            _ = try RedirectChain(
                Call(
                    url: url, secretHeaders: ["Authorization": Secret("s3cret")],
                    access: TransferAccess(allowInsecure: allowInsecure)))
        }
        let error = #expect(throws: TransferError.self) { try chain("http://hub.example/x?sig=1") }
        #expect(error?.code == .forbidden && error?.url == "http://hub.example/x")
        #expect(throws: Never.self) { try chain("http://hub.example/", allowInsecure: true) }
        #expect(throws: Never.self) { try chain("https://hub.example/") }
        #expect(throws: Never.self) { try chain("http://[::1]:8080/") }
        #expect(throws: Never.self) { try chain("http://localhost/") }
    }

    @Test("refuse a user name in a URL, another scheme, and no URL at all")
    func urls() {
        for (url, code) in [
            ("https://user:canary@host.example/", TransferError.Code.forbidden), ("file:///etc/passwd", .forbidden),
            ("ftp://host.example/", .forbidden), ("", .unsupported), ("host.example", .unsupported),
            ("https://", .unsupported), ("https://a b/", .unsupported), ("https://a/\r\nX: y", .unsupported),
        ] {
            let error = #expect(throws: TransferError.self) { try WebAddress(url) }
            #expect(error?.code == code, "\(url)")
            #expect(!String(describing: error).contains("canary"))
        }
    }

    @Test("let no line break into a header, and do not print its value")
    func injection() async throws {
        let bench = try Bench()
        let request = TransferRequest(
            url: "https://host.example", secretHeaders: ["Authorization": Secret("canary\r\nX-Evil: 1")])
        do throws(TransferError) {
            _ = try await bench.engine.send(request)
            Issue.record("sent")
        } catch {
            #expect(error.code == .unsupported && !"\(error)".contains("canary"))
        }
    }

    @Test("know which hosts a proxy is for")
    func proxies() {
        let settings = ProxySettings(
            https: "http://proxy:1", http: nil, exceptions: [".corp.example", "direct.example", "10.0.0.1"])
        #expect(settings.proxy(scheme: "https", host: "hub.example") == "http://proxy:1")
        #expect(settings.proxy(scheme: "http", host: "hub.example") == nil)
        for host in ["a.corp.example", "corp.example", "direct.example", "x.direct.example", "10.0.0.1", "localhost"] {
            #expect(settings.proxy(scheme: "https", host: host) == nil, "\(host)")
        }
        #expect(settings.proxy(scheme: "https", host: "indirect.example") != nil)
    }

    @Test("send what goes through a proxy to the proxy, whatever its address")
    func throughProxy() async throws {
        let proxy = try ScriptedServer { request, wire in wire.answer(200, [:], Array(request.path.utf8)) }
        let bench = try Bench { $0.proxies = ProxySettings(http: proxy.origin) }
        let response = try await bench.engine.send(TransferRequest(url: "http://hub.example/x"))
        #expect(String(decoding: response.body, as: UTF8.self) == "http://hub.example/x")
    }

    @Test("send through a request's own proxy where no other is set, and never what stays on this machine")
    func ownProxy() async throws {
        let proxy = try ScriptedServer { request, wire in wire.answer(200, [:], Array(request.path.utf8)) }
        let access = TransferAccess(configuredOrigins: [proxy.origin], proxy: proxy.origin)
        for (url, path) in [("http://hub.example/x", "http://hub.example/x"), (proxy.origin + "/y", "/y")] {
            let response = try await Bench().engine.send(TransferRequest(url: url, access: access))
            #expect(String(decoding: response.body, as: UTF8.self) == path)
        }
    }
}
