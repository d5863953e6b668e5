import ArtifactTypes
import Foundation
import Logging
import Provisioning
import Synchronization
import TarballVendor
import TestHub
import Transfer

/// A vendor of the module, and the world that it sees.
struct Releases {
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    var http: HTTPService
    var environment: [String: String] = [:]
    var accelerators = [AcceleratorFitness(.cpu)]

    func vendor(
        _ options: [String: VendorOptions.Value] = [:], name: String = "tarball", forms: [ReferenceForm] = []
    ) throws -> any Provisioner {
        let environment = environment
        let services = ProvisionServices(
            http: http,
            secret: { source throws(ProvisionError) in
                guard case .environment(let name) = source else {
                    throw ProvisionError(.unsupported, "only the environment in this test")
                }
                return environment[name].map { Secret($0) }
            }, keptSources: KeptSources { _, _ in }, accelerators: { [accelerators] in accelerators },
            environment: environment, logger: Self.logger)
        return try TarballVendor.module.make(
            VendorConfiguration(
                name: name, module: "tarball", provides: [.worker], forms: forms, options: VendorOptions(options)),
            services)
    }

    func resolve(
        _ reference: String, _ options: [String: VendorOptions.Value] = [:], offline: Bool = false,
        known: Resolution? = nil
    ) async throws -> Resolution {
        try await vendor(options).resolve(
            ArtifactReference(parsing: reference),
            in: ProvisionContext(job: "job", kind: .worker, offline: offline, known: known, logger: Self.logger))
    }
}

extension HTTPService {
    /// A network that nothing may use.
    static let none = HTTPService { _ throws(ProvisionError) in
        throw ProvisionError(.unavailable, "a request was made")
    }

    /// Answers each method with the given response, and records what was asked.
    static func canned(_ answers: [String: HTTPResponse], _ asked: Asked) -> HTTPService {
        HTTPService { request throws(ProvisionError) in
            asked.requests.withLock { $0.append(request) }
            guard let answer = answers[request.method] else { throw ProvisionError(.unavailable, "no answer") }
            return answer
        }
    }

    /// The real engine.
    static func engine(_ engine: TransferEngine) -> HTTPService {
        HTTPService { request throws(ProvisionError) in
            let access = TransferAccess(
                configuredOrigins: request.access.configuredOrigins, allowInsecure: request.access.allowInsecure,
                caFile: request.access.caFile, stallTimeout: request.access.stallTimeout)
            let sent = TransferRequest(
                method: request.method, url: request.url, headers: request.headers,
                secretHeaders: request.secretHeaders, body: request.body, access: access,
                maximumBytes: request.maximumBytes)
            do throws(TransferError) {
                let answer = try await engine.send(sent)
                return HTTPResponse(
                    status: answer.status, headers: answer.headers, body: answer.body, url: answer.url)
            } catch {
                throw ProvisionError(error.code == .tooLarge ? .digestMismatch : .unavailable, error.description)
            }
        }
    }
}

/// The requests that a canned network saw.
final class Asked: Sendable {
    let requests = Mutex<[HTTPRequest]>([])

    var count: Int { requests.withLock(\.count) }
    var methods: [String] { requests.withLock { $0.map(\.method) } }
}

extension HTTPResponse {
    static func answer(_ status: Int, _ headers: [String: String] = [:]) -> HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: [], url: "https://elsewhere.example/")
    }
}
