import ArtifactTypes
import Testing

@testable import Transfer

@Suite("A redirect")
struct RedirectTests {
    let token = Secret("hf_canary_0123456789")

    private func send(
        _ bench: Bench, _ url: String, configured: [String], method: String = "GET", body: [UInt8]? = nil
    ) async throws(TransferError) -> TransferResponse {
        try await bench.engine.send(
            TransferRequest(
                method: method, url: url, headers: ["X-Plain": "1", "Cookie": "c=1"],
                secretHeaders: ["Authorization": token, "X-Token": token], body: body,
                access: TransferAccess(configuredOrigins: configured)))
    }

    @Test("to another origin leaves the secrets behind, for good, even when it leads back")
    func secrets() async throws {
        let relay = try ScriptedServer { request, wire in
            wire.answer(302, ["Location": String(request.path.dropFirst("/back?".count))])
        }
        let relayOrigin = relay.origin
        let home = try ScriptedServer { request, wire in
            let me = "http://" + (request.headers["host"] ?? "")
            switch request.path {
            case "/start": wire.answer(307, ["Location": "/here"])
            case "/here": wire.answer(302, ["Location": "\(relayOrigin)/back?\(me)/end"])
            default: wire.answer(200, [:], Array("done".utf8))
            }
        }
        let bench = try Bench()
        let response = try await send(bench, home.origin + "/start", configured: [home.origin, relay.origin])
        #expect(response.body == Array("done".utf8) && response.url == home.origin + "/end")
        for name in ["authorization", "x-token", "cookie"] {
            #expect(home.requests.map { $0.headers[name] != nil } == [true, true, false])
            #expect(relay.requests.map { $0.headers[name] } == [nil])
        }
        #expect(relay.requests.first?.headers["x-plain"] == "1")
        #expect(!bench.log.text.isEmpty && !bench.log.text.contains(token.reveal()))
    }

    @Test("to the same host by another name or port counts as another origin")
    func otherName() async throws {
        let other = try ScriptedServer { _, wire in wire.answer(200) }
        let port = other.port
        let home = try ScriptedServer { _, wire in wire.answer(302, ["Location": "http://localhost:\(port)/"]) }
        let bench = try Bench()
        let response = try await send(bench, home.origin, configured: [home.origin])
        #expect(response.status == 200)
        #expect(other.requests.map { $0.headers["authorization"] } == [nil])
    }

    @Test("is followed ten times, then it is a loop", arguments: [10, 11])
    func loops(count: Int) async throws {
        let server = try ScriptedServer { request, wire in
            let step = Int(request.path.dropFirst()) ?? 0
            step == 0 ? wire.answer(200) : wire.answer(301, ["Location": "./\(step - 1)"])
        }
        let bench = try Bench()
        let code: TransferError.Code? = await {
            do throws(TransferError) {
                _ = try await send(bench, "\(server.origin)/\(count)", configured: [server.origin])
                return nil
            } catch { return error.code }
        }()
        #expect(code == (count > 10 ? .redirects : nil))
    }

    @Test(
        "to another scheme, or with a password, is refused",
        arguments: ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "http://a:b@127.0.0.1/"])
    func schemes(_ target: String) async throws {
        let server = try ScriptedServer { _, wire in wire.answer(302, ["Location": target]) }
        let bench = try Bench()
        #expect(await bench.failure(bench.download([server]))?.code == .forbidden)
        #expect(server.requests.count == 1)
    }

    @Test("from https to http is refused")
    func downgrade() throws {
        var chain = try RedirectChain(Call(url: "https://a.example/x", access: TransferAccess()))
        let error = #expect(throws: TransferError.self) { try chain.follow("http://a.example/x", status: 302) }
        #expect(error?.code == .forbidden)
    }

    @Test("turns a POST into a GET by 301, 302 and 303, not by 307 and 308", arguments: [301, 302, 303, 307, 308])
    func methods(status: Int) async throws {
        let server = try ScriptedServer { request, wire in
            request.number == 0 ? wire.answer(status, ["Location": "next"]) : wire.answer(200)
        }
        let bench = try Bench()
        _ = try await send(bench, server.origin + "/a/b", configured: [server.origin], method: "POST", body: [1, 2, 3])
        let last = try #require(server.requests.last)
        #expect(last.path == "/a/next")
        #expect(last.method == (status < 307 ? "GET" : "POST"))
        #expect(last.body == (status < 307 ? [] : [1, 2, 3]))
    }

    @Test("carries a download to its CDN, and the error of an expired link names no signature")
    func cdn() async throws {
        let bytes = content(100_000)
        let cdn = try ScriptedServer { request, wire in
            request.path.hasSuffix("good") ? serve(bytes, to: request, wire) : wire.answer(403)
        }
        let cdnOrigin = cdn.origin
        let hub = try ScriptedServer { request, wire in
            wire.answer(302, ["Location": "\(cdnOrigin)/blob?Signature=canary&\(request.path.dropFirst())"])
        }
        let bench = try Bench()
        let outcome = try await bench.fetch(bench.download([hub], path: "/good", size: bytes.count))
        #expect(outcome.sha256 == sha256(bytes) && outcome.finalURL == cdn.origin + "/blob")
        let error = await bench.failure(bench.download([hub], path: "/bad"))
        #expect(error?.code == .status(403))
        // A fresh redirect might have helped: the hub is asked once more.
        #expect(hub.requests.filter { $0.path == "/bad" }.count == 2)
        #expect(!"\(String(describing: error)) \(bench.log.text)".contains("canary"))
        let journal = String(decoding: contents(of: bench.journal) ?? [], as: UTF8.self)
        #expect(!journal.contains("canary"))
    }
}
