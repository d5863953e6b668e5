public import Provisioning
public import Transfer

extension HTTPService {
    /// Vendors' small requests, carried by the transfer engine.
    public init(_ engine: TransferEngine) {
        self.init { request throws(ProvisionError) in
            do throws(TransferError) {
                let response = try await engine.send(
                    TransferRequest(
                        method: request.method, url: request.url, headers: request.headers,
                        secretHeaders: request.secretHeaders, body: request.body,
                        access: TransferAccess(request.access), maximumBytes: request.maximumBytes,
                        hasAlternative: request.hasAlternative))
                return HTTPResponse(
                    status: response.status, headers: response.headers, body: response.body, url: response.url)
            } catch {
                throw ProvisionError(transfer: error)
            }
        }
    }
}

extension TransferAccess {
    public init(_ access: NetworkAccess) {
        self.init(
            configuredOrigins: access.configuredOrigins, allowInsecure: access.allowInsecure, caFile: access.caFile,
            caFiles: access.caFiles, stallTimeout: access.stallTimeout)
    }
}
