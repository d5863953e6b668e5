import ArtifactTypes
import Foundation
import Logging
import Provisioning
import Synchronization
import SystemPackage

/// One conversation with a hive, from `initialize` to `shutdown`.
final class VendorSession: Sendable {
    private let module: VendorModule
    private let version: String
    private let services: ProvisionServices
    private let channel: LineChannel
    private let provisioner = Mutex<(any Provisioner)?>(nil)
    private let running = Mutex<[MessageID: Task<Void, Never>]>([:])

    init(module: VendorModule, version: String, services: ProvisionServices, channel: LineChannel) {
        self.module = module
        self.version = version
        self.services = services
        self.channel = channel
    }

    func serve() async {
        conversation: for await line in channel.lines {
            switch line {
            case .tooLong: fail(nil, PluginProtocol.ErrorCode.parse, "the message is over 8 MiB")
            case .bytes(let bytes): if handle(Data(bytes)) == .finished { break conversation }
            }
        }
        let left = running.withLock { Array($0.values) }
        for task in left { task.cancel() }
        for task in left { await task.value }
    }

    private enum Next { case proceed, finished }

    private func handle(_ line: Data) -> Next {
        let envelope: WireEnvelope
        do {
            envelope = try JSONDecoder().decode(WireEnvelope.self, from: line)
        } catch {
            fail(nil, PluginProtocol.ErrorCode.parse, "not a JSON-RPC message")
            return .proceed
        }
        switch envelope.kind {
        case .request(let name, let id):
            switch PluginProtocol.Method(rawValue: name) {
            case .initialize: initialize(id, line)
            case .resolve: resolve(id, line)
            case .fetch: fetch(id, line)
            case .shutdown:
                answer(id, Nothing())
                return .finished
            default: fail(id, PluginProtocol.ErrorCode.methodNotFound, "unknown method \"\(name.visiblyEscaped)\"")
            }
        case .notification(PluginProtocol.Method.cancel.rawValue):
            cancel(line)
        case .notification, .success, .failure:
            break
        }
        return .proceed
    }

    private func initialize(_ id: MessageID, _ line: Data) {
        guard let params = parameters(InitializeParameters.self, of: id, line) else { return }
        guard params.protocol == PluginProtocol.version else {
            fail(id, PluginProtocol.ErrorCode.invalidParameters, "this vendor speaks version 1 of the protocol")
            return
        }
        do throws(ProvisionError) {
            let descriptor = module.descriptor
            let configuration = VendorConfiguration(
                name: params.configuration.name, module: descriptor.name, provides: descriptor.provides,
                options: try VendorOptions(
                    params.configuration.options, declared: descriptor.options, secrets: Set(params.secrets.keys),
                    environment: services.environment))
            let made = try module.make(configuration, services.handingOver(params.secrets.mapValues(\.secret)))
            provisioner.withLock { $0 = made }
            let fetching = made as? any FetchingProvisioner
            answer(
                id,
                InitializeResult(
                    name: params.configuration.name, version: version,
                    provides: descriptor.provides.map(\.plural).sorted(), forms: made.forms.map(\.pattern),
                    fetch: fetching == nil ? nil : true, resumes: fetching?.resumes == true ? true : nil))
        } catch {
            send(WireFailure(id: id, error: WireError(error)))
        }
    }

    private func resolve(_ id: MessageID, _ line: Data) {
        guard let params = parameters(ResolveParameters.self, of: id, line) else { return }
        start(id) { session, provisioner in
            let reference = try ArtifactReference(parsing: params.reference)
            let kind = params.kind ?? (session.module.descriptor.provides.contains(.model) ? .model : .worker)
            let context = session.context(kind, platform: params.platform, offline: params.offline)
            session.answer(id, WireResolution(try await provisioner.resolve(reference, in: context)))
        }
    }

    private func fetch(_ id: MessageID, _ line: Data) {
        guard let params = parameters(FetchParameters.self, of: id, line) else { return }
        start(id) { session, provisioner in
            guard let provisioner = provisioner as? any FetchingProvisioner else {
                throw ProvisionError(.unsupported, "this vendor has no transport of its own")
            }
            _ = try await provisioner.fetch(
                params.resolution,
                into: StagingArea(root: FilePath(params.directory), isResumed: params.resume == true),
                in: session.context(params.resolution.kind))
            session.answer(id, Nothing())
        }
    }

    private func context(
        _ kind: ArtifactKind, platform: HostPlatform = .current, offline: Bool = false
    ) -> ProvisionContext {
        ProvisionContext(
            job: "plug-in", kind: kind, platform: platform, offline: offline,
            progress: ProgressSink { [weak self] event in self?.report(event) }, logger: services.logger)
    }

    /// Works on a request in a task of its own, so that it can be cancelled; what `work` throws is its answer.
    private func start(
        _ id: MessageID, _ work: @escaping @Sendable (VendorSession, any Provisioner) async throws -> Void
    ) {
        guard let provisioner = provisioner.withLock({ $0 }) else {
            fail(id, PluginProtocol.ErrorCode.invalidRequest, "initialize comes first")
            return
        }
        // Inside the lock, so that the task cannot end before it is noted.
        running.withLock { running in
            running[id] = Task {
                do {
                    try await work(self, provisioner)
                } catch {
                    self.send(WireFailure(id: id, error: WireError(ProvisionError(mapping: error))))
                }
                self.running.withLock { _ = $0.removeValue(forKey: id) }
            }
        }
    }

    private func cancel(_ line: Data) {
        guard
            let notification = try? JSONDecoder().decode(WireNotification<CancelParameters>.self, from: line)
        else { return }
        running.withLock { $0[notification.params.id] }?.cancel()
    }

    private func report(_ event: ProgressEvent) {
        switch event {
        case .stage(let text), .notice(let text), .output(let text):
            send(WireNotification(method: .progress, params: ProgressParameters(message: text)))
        default:
            break
        }
    }

    private func parameters<Parameters: Decodable & Sendable>(
        _ type: Parameters.Type, of id: MessageID, _ line: Data
    ) -> Parameters? {
        do {
            return try JSONDecoder().decode(WireRequest<Parameters>.self, from: line).params
        } catch {
            fail(id, PluginProtocol.ErrorCode.invalidParameters, "the parameters are not those of the method")
            return nil
        }
    }

    private func answer(_ id: MessageID, _ result: some Encodable & Sendable) {
        send(WireSuccess(id: id, result: result))
    }

    private func fail(_ id: MessageID?, _ code: Int, _ message: String) {
        send(WireFailure(id: id, error: WireError(code: code, message: message)))
    }

    private func send(_ message: some Encodable) {
        do {
            try channel.send(message)
        } catch {
            // The hive has gone; the end of the input will follow.
            services.logger.debug("cannot answer: \(error)")
        }
    }
}

extension ProvisionServices {
    /// The same services with the secrets of `initialize` under their made-up variables.
    fileprivate func handingOver(_ secrets: [String: Secret]) -> ProvisionServices {
        var services = self
        let others = secret
        let named = Dictionary(uniqueKeysWithValues: secrets.map { (handedOverVariable($0.key), $0.value) })
        services.secret = { (source: SecretSource) async throws(ProvisionError) -> Secret? in
            if case .environment(let variable) = source, let secret = named[variable] { return secret }
            return try await others(source)
        }
        return services
    }
}
