import FoundationEssentials
import SystemPackage

/// A mirror that failed a little while ago.
public struct SetBackMirror: Sendable, Hashable {
    public let name: String
    public let reason: String
    /// For how long it is tried last.
    public let secondsLeft: Int
}

/// What every process of this store knows of mirrors: a file for each that failed, forgotten once it is old. None of it
/// is worth a failure.
extension ContentStore {
    /// Long enough for a command that is run again, short enough for a server that is started again.
    private static let memory = Duration.seconds(300)

    private struct Note: Codable {
        let name: String
        let reason: String
    }

    /// Notes that a mirror failed just now.
    public func setBack(mirror name: String, reason: String) {
        guard let json = try? Self.encode(Note(name: name, reason: String(reason.prefix(1000)))) else { return }
        try? FileSystem.write(json, to: mirrors.appending(Self.key(for: name)), mode: [.ownerReadWrite])
    }

    /// The mirrors that failed of late, by name.
    public func mirrorsSetBack() -> [SetBackMirror] {
        let now = FileSystem.now()
        let names = (try? FileSystem.names(in: mirrors)) ?? []
        return names.compactMap { name in
            let path = mirrors.appending(name)
            guard let changed = FileSystem.status(path)?.changed else { return nil }
            let left = Self.memory - .nanoseconds(now - changed)
            guard left > .zero, left <= Self.memory else {
                try? FileSystem.removeFile(path)
                return nil
            }
            guard let bytes = try? FileSystem.read(path, limit: 16 << 10),
                let note = try? JSONDecoder().decode(Note.self, from: Data(bytes))
            else { return nil }
            return SetBackMirror(name: note.name, reason: note.reason, secondsLeft: Int(left.components.seconds) + 1)
        }
    }

    private var mirrors: FilePath { root.appending("mirrors") }
}
