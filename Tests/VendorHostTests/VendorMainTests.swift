import ArtifactTypes
import Foundation
import Logging
import Provisioning
import SystemPackage
import TestSupport
import Testing

@testable import VendorKit

/// A vendor in Swift that resolves to one file, whose URL and header come from its options.
private struct EchoVendor: Provisioner {
    let configuration: VendorConfiguration
    let services: ProvisionServices
    var forms: [ReferenceForm] { ReferenceForm("\(configuration.name):{locator}").map { [$0] } ?? [] }
    let access = NetworkAccess()

    static let module = VendorModule(
        descriptor: VendorDescriptor(
            name: "echo", summary: "echoes",
            options: [
                VendorOption("endpoint", .string, required: true, ""), VendorOption("token", .secret, ""),
                VendorOption("mirrors", .list(.either(.string, .table([VendorOption("url", .string, "")]))), ""),
            ], provides: [.model])
    ) { (configuration, services) throws(ProvisionError) -> any Provisioner in
        EchoVendor(configuration: configuration, services: services)
    }

    func resolve(
        _ reference: ArtifactReference, in context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution {
        switch reference.locator {
        case "org/missing":
            throw ProvisionError(.rateLimited(retryAfter: 9), "slow down")
        case "org/endless":
            context.progress(.notice("waiting"))
            do {
                try await Task.sleep(for: .seconds(3600))
            } catch {
                throw ProvisionError(mapping: error)
            }
        default: break
        }
        var headers: [String: Secret] = [:]
        if let source = configuration.options.secret("token") {
            headers["Authorization"] = try await services.secret(source)
        }
        let url = (configuration.options.string("endpoint") ?? "") + "/" + reference.locator
        do {
            return Resolution(
                reference: reference, vendor: configuration.name, kind: context.kind, revision: "1",
                payload: .files(
                    [
                        RemoteFile(
                            path: try RelativePath("a.gguf"), size: 1, digest: nil,
                            sources: [RemoteSource(url: url, headers: headers)])
                    ], listing: .exact))
        } catch {
            throw ProvisionError(mapping: error)
        }
    }
}

/// A hive's end of a conversation with a vendor that runs in this process.
private final class Peer: Sendable {
    private let channel: LineChannel
    private let descriptors: [FileDescriptor]
    private let vendor: Task<Void, Never>

    init() throws {
        let toVendor = try FileDescriptor.pipe()
        let toHive = try FileDescriptor.pipe()
        channel = LineChannel(input: toHive.readEnd, output: toVendor.writeEnd)
        descriptors = [toHive.writeEnd, toVendor.writeEnd]
        vendor = Task {
            await VendorMain.run(
                EchoVendor.module, version: "1.0", services: .closed, input: toVendor.readEnd, output: toHive.writeEnd)
        }
    }

    deinit {
        // The reading threads see the end of their input and go.
        for descriptor in descriptors { try? descriptor.close() }
    }

    func tell(_ text: String) throws {
        try channel.send(JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)))
    }

    func hear() async throws -> JSONValue {
        for await line in channel.lines {
            guard case .bytes(let bytes) = line else { break }
            return try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
        }
        throw ProvisionError(.unavailable, "the vendor has ended")
    }

    func ask(_ text: String) async throws -> JSONValue {
        try tell(text)
        return try await hear()
    }

    func initialize(_ options: String = #"{"endpoint":"https://x.example"}"#, secrets: String = "{}") async throws
        -> JSONValue
    {
        try await ask(
            #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocol":1,"hive":"0","#
                + #""configuration":{"name":"echo","provides":["models"],"options":\#(options)},"secrets":\#(secrets)}}"#
        )
    }

    func resolve(_ reference: String, id: Int = 2) throws {
        try tell(
            #"{"jsonrpc":"2.0","id":\#(id),"method":"resolve","params":{"reference":"\#(reference)","#
                + #""platform":{"os":"linux","arch":"x86_64"},"offline":false}}"#)
    }

    /// Asks for the end and waits for it.
    func shutdown() async throws -> JSONValue {
        let answer = try await ask(#"{"jsonrpc":"2.0","id":"last","method":"shutdown","params":{}}"#)
        await vendor.value
        return answer
    }
}

@Suite("a module becomes an executable")
struct VendorMainTests {
    @Test("it introduces itself, resolves with its secret header, and ends")
    func whole() async throws {
        let peer = try Peer()
        let introduction = try await peer.initialize(secrets: #"{"token":"Bearer handed-over"}"#)
        #expect(introduction["result"]?["protocol"]?.integerValue == 1)
        #expect(introduction["result"]?["forms"]?.arrayValue == [.string("echo:{locator}")])
        try peer.resolve("echo:org/name")
        let answer = try await peer.hear()
        #expect(answer["id"]?.integerValue == 2)
        let file = try #require(answer["result"]?["files"]?.arrayValue?.first)
        #expect(file["urls"]?.arrayValue == [.string("https://x.example/org/name")])
        #expect(file["headers"]?["Authorization"]?.stringValue == "Bearer handed-over")
        #expect(try await peer.shutdown()["id"]?.stringValue == "last")
    }

    @Test("an error keeps its code and its delay")
    func failure() async throws {
        let peer = try Peer()
        _ = try await peer.initialize()
        try peer.resolve("echo:org/missing")
        let error = try #require(try await peer.hear()["error"])
        #expect(error["code"]?.integerValue == -32000)
        #expect(error["data"]?["code"]?.stringValue == "rateLimited")
        #expect(error["data"]?["retryAfter"]?.integerValue == 9)
        _ = try await peer.shutdown()
    }

    @Test("a cancelled request ends, and the vendor goes on")
    func cancellation() async throws {
        let peer = try Peer()
        _ = try await peer.initialize()
        try peer.resolve("echo:org/endless", id: 7)
        #expect(try await peer.hear()["method"]?.stringValue == "progress")
        let cancelled = try await peer.ask(#"{"jsonrpc":"2.0","method":"$/cancel","params":{"id":7}}"#)
        #expect(cancelled["id"]?.integerValue == 7)
        #expect(cancelled["error"]?["data"]?["code"]?.stringValue == "cancelled")
        try peer.resolve("echo:org/name", id: 8)
        #expect(try await peer.hear()["id"]?.integerValue == 8)
        _ = try await peer.shutdown()
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let what: String
        let message: String
        let code: Int64
        var testDescription: String { what }
    }

    @Test(
        "a request that is wrong is answered with JSON-RPC's own code, and the vendor goes on",
        arguments: [
            Refusal(what: "an unknown method", message: #"{"jsonrpc":"2.0","id":3,"method":"sing"}"#, code: -32601),
            Refusal(what: "no message at all", message: "[1, 2]", code: -32700),
            Refusal(what: "another JSON-RPC", message: #"{"jsonrpc":"1.0","id":3,"method":"resolve"}"#, code: -32700),
            Refusal(
                what: "resolve before initialize",
                message: #"{"jsonrpc":"2.0","id":3,"method":"resolve","params":{"reference":"echo:a","#
                    + #""platform":{"os":"linux","arch":"x86_64"},"offline":false}}"#, code: -32600),
            Refusal(
                what: "no parameters", message: #"{"jsonrpc":"2.0","id":3,"method":"resolve","params":{}}"#,
                code: -32602),
            Refusal(
                what: "another protocol",
                message: #"{"jsonrpc":"2.0","id":3,"method":"initialize","params":{"protocol":2,"hive":"0","#
                    + #""configuration":{"name":"echo"},"secrets":{}}}"#, code: -32602),
        ])
    func refusals(_ refusal: Refusal) async throws {
        let peer = try Peer()
        #expect(try await peer.ask(refusal.message)["error"]?["code"]?.integerValue == refusal.code)
        #expect(try await peer.initialize()["result"] != nil)
        _ = try await peer.shutdown()
    }

    @Test(
        "options that are not the module's are a configuration error",
        arguments: ["{}", #"{"endpoint":1}"#, #"{"endpoint":"x","more":1}"#, #"{"endpoint":"x","mirrors":[1]}"#])
    func options(_ options: String) async throws {
        let peer = try Peer()
        let answer = try await peer.initialize(options)
        #expect(answer["error"]?["data"]?["code"]?.stringValue == "configuration")
        _ = try await peer.shutdown()
    }
}

extension ProvisionServices {
    /// A world whose every door throws.
    static let closed = ProvisionServices(
        http: HTTPService { (_) async throws(ProvisionError) -> HTTPResponse in
            throw ProvisionError(.unavailable, "no network in this test")
        },
        secret: { (_) async throws(ProvisionError) -> Secret? in
            throw ProvisionError(.unauthorized, "no secrets in this test")
        },
        keptSources: KeptSources { _, _ in throw ProvisionError(.unavailable, "no kept sources in this test") },
        environment: [:], logger: Logger(label: "test"))
}
