/// Carries git's requests to one repository's server and its answers back.
protocol GitCarrier: Sendable {
    /// The server's advertisement, whole, and the carrier that later requests take.
    func connect(_ meter: ProgressMeter) async throws -> (advertisement: [UInt8], carrier: any GitCarrier)

    /// Sends one request, made for `version`, and hands its answer over as it comes.
    ///
    /// `receive` is called in order, never twice at once; while it works nothing more is read. It returns whether the
    /// answer is complete, which not every connection tells by its end.
    func exchange(
        _ request: [UInt8], version: GitAdvertisement.Version,
        receive: @escaping @Sendable ([UInt8]) async throws -> Bool
    ) async throws
}
