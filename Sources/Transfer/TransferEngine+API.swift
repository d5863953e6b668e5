extension TransferEngine {
    public func send(_ request: TransferRequest) async throws(TransferError) -> TransferResponse {
        throw TransferError(.unsupported, "not yet")
    }

    public func stream(
        _ request: TransferRequest, receive: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws(TransferError) -> TransferResponse {
        throw TransferError(.unsupported, "not yet")
    }

    public func download(
        _ download: Download, progress: @escaping @Sendable (_ received: Int64, _ total: Int64?) -> Void
    ) async throws(TransferError) -> DownloadOutcome {
        throw TransferError(.unsupported, "not yet")
    }
}
