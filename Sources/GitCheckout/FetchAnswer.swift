import ArtifactTypes

/// Reads the answer to a fetch as it comes: what becomes of the shallow edge, and the pack out of its side-band.
struct FetchAnswer {
    private enum Section {
        case heading
        case shallowInfo
        case skipped
        case pack
        case end
    }

    private let version: GitAdvertisement.Version
    private var packets = PacketReader()
    private var section = Section.heading
    /// Commits that have no parents here from now on, and those that have them again.
    private(set) var shallow = Set<String>()
    private(set) var unshallow = Set<String>()

    init(version: GitAdvertisement.Version) {
        self.version = version
    }

    var isComplete: Bool { section == .end }

    /// Takes bytes of the answer and returns those of the pack among them.
    /// - Throws: `.refused` for an `ERR` line or a fatal message, `.unavailable` for what is not the protocol.
    mutating func feed(_ bytes: [UInt8]) throws(GitError) -> [UInt8] {
        packets.append(bytes)
        var pack: [UInt8] = []
        while let packet = try packets.next() {
            switch packet {
            case .data(let data):
                if section == .pack {
                    try demultiplex(data, into: &pack)
                } else if version == .v2 {
                    try heading(data.line)
                } else {
                    try headingV0(data, into: &pack)
                }
            case .delimiter: section = .heading
            case .flush:
                // Version 0 flushes after the shallow lines as well.
                if version == .v2, section != .pack {
                    throw GitError(.unavailable, "the answer is not git's protocol: it has no pack")
                }
                section = section == .pack ? .end : .heading
            case .responseEnd: break
            }
        }
        return pack
    }

    private mutating func heading(_ line: String) throws(GitError) {
        if line.hasPrefix("ERR ") { throw GitError(serverSaid: line.dropFirst(4)) }
        if section == .shallowInfo { return note(line) }
        guard section == .heading else { return }
        switch line {
        case "packfile": section = .pack
        case "shallow-info": section = .shallowInfo
        case "acknowledgments", "wanted-refs": section = .skipped
        default:
            throw GitError(.unavailable, "the answer is not git's protocol: it has \(line.prefix(40).debugDescription)")
        }
    }

    private mutating func headingV0(_ data: ArraySlice<UInt8>, into pack: inout [UInt8]) throws(GitError) {
        let line = data.line
        if line.hasPrefix("ERR ") { throw GitError(serverSaid: line.dropFirst(4)) }
        if line.hasPrefix("shallow ") || line.hasPrefix("unshallow ") { return note(line) }
        if line == "NAK" || line.hasPrefix("ACK ") { return }
        section = .pack
        try demultiplex(data, into: &pack)
    }

    private mutating func note(_ line: String) {
        let words = line.split(separator: " ")
        guard words.count == 2, GitRevision.isCommit(words[1]) else { return }
        if words[0] == "shallow" { shallow.insert(String(words[1])) }
        if words[0] == "unshallow" { unshallow.insert(String(words[1])) }
    }

    private func demultiplex(_ data: ArraySlice<UInt8>, into pack: inout [UInt8]) throws(GitError) {
        switch data.first {
        case 1: pack += data.dropFirst()
        case 2, nil: break
        case 3: throw GitError(serverSaid: data.dropFirst().line)
        default: throw GitError(.unavailable, "the answer is not git's protocol: side-band \(data.first ?? 0)")
        }
    }
}
