/// What happens in a job, in the order that it happens. The terminal, JSON lines and event streams render these.
public enum ProgressEvent: Sendable {
    /// A vendor was chosen and is asked.
    case resolving(reference: String, vendor: String)
    case resolved(Resolution)
    /// The files to be had, their total in bytes where every size is known, and what of it need not be fetched.
    case planned(files: Int, bytes: Int64?, present: PresentBytes)
    /// `received` of `total` bytes of one file are here.
    case transfer(path: String, received: Int64, total: Int64?)
    case fileDone(path: String, bytes: Int64)
    /// Objects and bytes of a git pack.
    case gitTransfer(url: String, objects: Int, totalObjects: Int, bytes: Int64)
    case stage(String)
    /// A build's step begins: which, of how many, what it runs.
    case step(number: Int, count: Int, title: String)
    /// One line of a build's or plug-in's output, redacted.
    case output(String)
    /// Something the user should know that stops nothing.
    case notice(String)
    case published(path: String)
}

/// Where a job's events go. Never blocks.
public struct ProgressSink: Sendable {
    private let send: @Sendable (ProgressEvent) -> Void

    public init(_ send: @escaping @Sendable (ProgressEvent) -> Void) {
        self.send = send
    }

    public func callAsFunction(_ event: ProgressEvent) {
        send(event)
    }
}
