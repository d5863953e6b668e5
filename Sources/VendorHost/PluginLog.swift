import ArtifactTypes
import Logging
import Provisioning
import Synchronization

/// What a plug-in says beside its answers: bounded, redacted, and its last line kept for the error message.
final class PluginLog: Sendable {
    static let flood = ProvisionError(.unavailable, "its log is over the limit")

    private let vendor: String
    private let secrets: [Secret]
    private let logger: Logger
    private let meter: LogMeter
    private let partial = Mutex<[UInt8]>([])
    private let last = Mutex("")

    /// Bytes of a line that are kept; the rest of it is passed over.
    private static let lineSize = 1000

    init(vendor: String, secrets: [Secret], rate: Int, logger: Logger) {
        self.vendor = vendor
        self.secrets = secrets
        self.logger = logger
        meter = LogMeter(rate: rate)
    }

    /// The last line that was written to standard error, if any.
    var lastLine: String? {
        let line = last.withLock { $0 }
        return line.isEmpty ? nil : line
    }

    func admits(_ bytes: Int) -> Bool { meter.admits(bytes) }

    /// Takes a piece of standard error; false once the rate is exceeded.
    func takeErrorOutput(_ bytes: some Collection<UInt8>) -> Bool {
        guard meter.admits(bytes.count) else { return false }
        var lines: [String] = []
        partial.withLock { partial in
            for byte in bytes {
                if byte == UInt8(ascii: "\n") {
                    lines.append(String(decoding: partial, as: UTF8.self))
                    partial = []
                } else if partial.count < Self.lineSize {
                    partial.append(byte)
                }
            }
        }
        for line in lines where !line.isEmpty {
            let shown = presentable(line)
            last.withLock { $0 = shown }
            write(line, level: .info)
        }
        return true
    }

    func write(_ message: String, level: Logger.Level) {
        logger.log(level: level, "\(presentable(message))", metadata: ["vendor": "\(vendor)"])
    }

    /// The text without secrets and control characters, and not longer than a person reads.
    func presentable(_ text: String) -> String {
        let redacted = secrets.reduce(text) { $1.redacted(from: $0) }
        return String(redacted.prefix(500)).visiblyEscaped
    }
}
