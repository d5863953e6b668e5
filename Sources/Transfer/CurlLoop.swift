final class CurlLoop: Sendable {
    init(maximumHostConnections: Int, receiveBuffer: Int) {}
    func stop() {}
}
