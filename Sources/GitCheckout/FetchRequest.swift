/// The one request of a fetch: a commit without its history, less what is here already; or all that some refs hold.
struct FetchRequest {
    var wants: [String]
    /// Commits that are here with their trees.
    var have: [String] = []
    /// Commits whose parents are not here.
    var shallow: [String] = []
    /// With all of the history.
    var isDeep = false

    /// The capability words of our own: no name or version of ours, servers keep lists of agents.
    private static let agent = "agent=git/rbee-hive"

    func encoded(for server: GitAdvertisement) throws(GitError) -> [UInt8] {
        server.version == .v2 ? try encodedV2(server) : try encodedV0(server)
    }

    /// gitprotocol-v2(5), "fetch".
    private func encodedV2(_ server: GitAdvertisement) throws(GitError) -> [UInt8] {
        guard let features = server.capabilities["fetch"] else {
            throw GitError(.unsupported, "the server does not offer to fetch")
        }
        var packets = PacketWriter()
        packets.line("command=fetch")
        if server.capabilities["agent"] != nil { packets.line(Self.agent) }
        if server.capabilities["object-format"] != nil { packets.line("object-format=sha1") }
        packets.delimiter()
        for word in ["thin-pack", "ofs-delta", "no-progress"] { packets.line("\(word)\n") }
        for id in wants { packets.line("want \(id)\n") }
        if features.split(separator: " ").contains("shallow") { bound(&packets) }
        for id in have { packets.line("have \(id)\n") }
        packets.line("done\n")
        packets.flush()
        return packets.bytes
    }

    /// gitprotocol-pack(5); over http as a stateless request (gitprotocol-http(5)).
    private func encodedV0(_ server: GitAdvertisement) throws(GitError) -> [UInt8] {
        let offered = server.capabilities
        guard offered["side-band-64k"] != nil else {
            throw GitError(.unsupported, "the server is too old: it does not offer side-band-64k")
        }
        let givesAny = offered["allow-reachable-sha1-in-want"] != nil || offered["allow-any-sha1-in-want"] != nil
        // What a tag points at is given out as that tag alone.
        let tips = Dictionary(server.references.all.map { ($0.commit, $0.object ?? $0.commit) }) { first, _ in first }
        let wants = try wants.map { id throws(GitError) in
            if let tip = tips[id] { return tip }
            if givesAny { return id }
            throw GitError(.revisionNotFound, "the server gives out branch and tag ends alone, and \(id) is none")
        }
        var packets = PacketWriter()
        let words = ["side-band-64k", "thin-pack", "ofs-delta", "no-progress"].filter { offered[$0] != nil }
        for (index, id) in wants.enumerated() {
            packets.line("want \(id)\(index == 0 ? " " + (words + [Self.agent]).joined(separator: " ") : "")\n")
        }
        if offered["shallow"] != nil { bound(&packets) }
        packets.flush()
        for id in have { packets.line("have \(id)\n") }
        packets.line("done\n")
        return packets.bytes
    }

    private func bound(_ packets: inout PacketWriter) {
        if isDeep { return }
        for id in shallow { packets.line("shallow \(id)\n") }
        packets.line("deepen 1\n")
    }
}
