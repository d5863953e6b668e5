import ArtifactTypes
import Logging
import Provisioning
import Synchronization

/// What a plug-in says beside its answers: bounded, redacted, and its last line kept for the error message.
final class PluginLog: Sendable {
    static let flood = ProvisionError(.unavailable, "its log is over the limit")

    /// In characters.
    private static let length = 500

    private let vendor: String
    /// What the plug-in was given.
    let secrets: [Secret]
    private let logger: Logger
    private let meter: LogMeter
    /// Of standard error alone, where a line without end never becomes one.
    private let volume: LogMeter
    private let last = Mutex("")

    init(vendor: String, secrets: [Secret], rate: Int, logger: Logger) {
        self.vendor = vendor
        self.secrets = secrets
        self.logger = logger
        meter = LogMeter(rate: rate)
        volume = LogMeter(rate: rate)
    }

    /// The last line that was written to standard error, if any.
    var lastLine: String? {
        let line = last.withLock { $0 }
        return line.isEmpty ? nil : line
    }

    /// Whether there is room for a line of so many bytes. A short line counts for 128: that is what it costs to hand it
    /// on, and `yes` would keep a core busy below any limit on bytes alone.
    func admits(_ bytes: Int) -> Bool { meter.admits(max(bytes, 128)) }

    /// Whether there is room for so many bytes of standard error.
    func admits(errorBytes bytes: Int) -> Bool { volume.admits(bytes) }

    /// Takes a line of standard error, its end included; false once the rate is exceeded.
    func take(errorLine line: [UInt8]) -> Bool {
        guard admits(line.count) else { return false }
        let text = String(decoding: line.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        guard !text.isEmpty else { return true }
        let shown = presentable(text)
        last.withLock { $0 = shown }
        write(text, level: .info)
        return true
    }

    func write(_ message: String, level: Logger.Level) {
        logger.log(level: level, "\(presentable(message))", metadata: ["vendor": "\(vendor)"])
    }

    /// The text without secrets and control characters, and not longer than a person reads.
    func presentable(_ text: String) -> String {
        let redacted = secrets.reduce(text) { $1.redacted(from: $0) }
        let shown = String(redacted.prefix(Self.length)).visiblyEscaped
        return redacted.dropFirst(Self.length).isEmpty ? shown : shown + "…"
    }
}
