import ArtifactTypes
import Logging

/// The log as lines on stderr, above whatever is drawn there.
struct ConsoleLog: LogHandler {
    var logLevel = Logger.Level.warning
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let facts = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let words = ["\(event.level): \(event.message)"] + facts.map { "\($0.key)=\($0.value)" }
        Console.note(words.joined(separator: " ").visiblyEscaped)
    }
}
