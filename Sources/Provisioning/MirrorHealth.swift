/// Which mirrors have failed of late. Whoever has several sources tries those last; none is left out, and what a primary
/// says is asked of it first all the same.
///
/// A mirror has a name: a server's origin, a repository's URL. No secret is in it.
public struct MirrorHealth: Sendable {
    /// The names of those that are set back now.
    public var setBack: @Sendable () -> Set<String>
    /// Sets one back for a while, for a reason.
    public var note: @Sendable (_ name: String, _ reason: String) -> Void

    public init(
        setBack: @escaping @Sendable () -> Set<String>,
        note: @escaping @Sendable (_ name: String, _ reason: String) -> Void
    ) {
        self.setBack = setBack
        self.note = note
    }

    /// Forgets at once.
    public static let none = MirrorHealth(setBack: { [] }, note: { _, _ in })

    /// An order that stays the same while a job works by it.
    public var order: MirrorOrder { MirrorOrder(last: setBack()) }

    /// The name of the server that a URL is at: `scheme://host:port` as it is written, without user.
    public static func server(of url: String) -> String {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).prefix(3)
        guard parts.count == 3, let host = parts[2].split(separator: "@").last else { return "" }
        return "\(parts[0])//\(host)".lowercased()
    }
}

public struct MirrorOrder: Sendable, Hashable {
    let last: Set<String>

    /// The sources as they came, but those last that are set back.
    public func callAsFunction<Source>(_ sources: [Source], by name: (Source) -> String) -> [Source] {
        if last.isEmpty || sources.count < 2 { return sources }
        return sources.filter { !last.contains(name($0)) } + sources.filter { last.contains(name($0)) }
    }
}
