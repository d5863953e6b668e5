import ArtifactTypes

/// What a server says of itself before anything is asked (gitprotocol-v2(5); gitprotocol-pack(5) for version 0).
struct GitAdvertisement: Sendable, Equatable {
    enum Version: Sendable, Equatable {
        case v0
        case v2
    }

    var version = Version.v0
    /// Version 2: by name, with what follows the `=`. Version 0: the words after the first ref.
    var capabilities: [String: String] = [:]
    /// Version 0 alone: all refs, told unasked.
    var references = GitReferences()

    /// - Parameter bytes: an answer to `info/refs`, or what `git-upload-pack` says first.
    /// - Throws: `.refused` for an `ERR` line, `.unavailable` for what is no advertisement, `.unsupported` for SHA-256.
    init(_ bytes: [UInt8]) throws(GitError) {
        var packets = PacketReader()
        packets.append(bytes)
        var lines: [String] = []
        // Over http a service line and a flush may stand before.
        while let packet = try packets.next() {
            guard case .data(let data) = packet else {
                if lines.isEmpty { continue } else { break }
            }
            let line = data.line
            if line.hasPrefix("ERR ") { throw GitError(serverSaid: line.dropFirst(4)) }
            if line.hasPrefix("# service=") || line == "version 1" { continue }
            lines.append(line)
        }
        guard let first = lines.first else {
            // A flush alone: an empty repository.
            if bytes.count >= 4, packets.pending == 0 { return }
            throw GitError(.unavailable, "the answer is not git's protocol: it ends before it begins")
        }
        if first == "version 2" {
            version = .v2
            for line in lines.dropFirst() { note(line) }
        } else {
            try readReferences(lines)
        }
        if let format = capabilities["object-format"], format != "sha1" {
            throw GitError(
                .unsupported, "the repository uses \(format.visiblyEscaped) ids, and only sha1 is understood")
        }
    }

    private mutating func note(_ capability: some StringProtocol) {
        let parts = capability.split(separator: "=", maxSplits: 1)
        if let name = parts.first { capabilities[String(name)] = parts.count > 1 ? String(parts[1]) : "" }
    }

    private mutating func readReferences(_ lines: [String]) throws(GitError) {
        var peeled: [String: String] = [:]
        var targets: [String: String] = [:]
        for (index, line) in lines.enumerated() {
            let halves = line.split(separator: "\0", maxSplits: 1)
            if index == 0, halves.count > 1 {
                for capability in halves[1].split(separator: " ") {
                    if capability.hasPrefix("symref=") {
                        let pair = capability.dropFirst(7).split(separator: ":")
                        if pair.count == 2 { targets[String(pair[0])] = String(pair[1]) }
                    } else {
                        note(capability)
                    }
                }
            }
            let words = (halves.first ?? "").split(separator: " ", maxSplits: 1)
            guard words.count == 2, GitRevision.isCommit(words[0]) else {
                if line.hasPrefix("shallow ") { continue }
                throw GitError(.unavailable, "the answer is not git's protocol: a malformed ref")
            }
            if words[1].hasSuffix("^{}") {
                peeled[String(words[1].dropLast(3))] = String(words[0])
            } else {
                references.all.append(.init(name: String(words[1]), commit: String(words[0])))
            }
        }
        references.all = references.all.map {
            .init(
                name: $0.name, commit: peeled[$0.name] ?? $0.commit, target: targets[$0.name],
                object: peeled[$0.name] == nil ? nil : $0.commit)
        }
    }
}

extension GitReferences.Reference {
    /// One line of an answer to `ls-refs`: `ID NAME [symref-target:NAME] [peeled:ID]`; nil for an unborn or malformed one.
    init?(line: String) {
        let words = line.split(separator: " ")
        guard words.count >= 2, GitRevision.isCommit(words[0]) else { return nil }
        self.init(name: String(words[1]), commit: String(words[0]))
        for word in words.dropFirst(2) {
            if word.hasPrefix("peeled:"), GitRevision.isCommit(word.dropFirst(7)) {
                (object, commit) = (commit, String(word.dropFirst(7)))
            }
            if word.hasPrefix("symref-target:") { target = String(word.dropFirst(14)) }
        }
    }
}

extension GitError {
    /// The server's own words, made fit for a terminal and short.
    init(serverSaid text: some StringProtocol) {
        self.init(.refused, "the server says: \(String(text.prefix(300)).visiblyEscaped)")
    }
}
