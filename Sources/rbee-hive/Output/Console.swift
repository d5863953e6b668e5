import ArtifactTypes
import Foundation
import Provisioning
import Synchronization

/// Where text goes: results to stdout, everything else to stderr, so that `$(rbee-hive model path X)` works.
enum Console {
    /// Whoever draws on the terminal now: lines that stay go above it.
    static let drawing = Mutex<TerminalProgress?>(nil)

    static func result(_ text: String) {
        write(text + "\n", to: STDOUT_FILENO)
    }

    /// A piece of a result that ends with `result("")`.
    static func result(piece: [UInt8]) {
        write(piece, to: STDOUT_FILENO)
    }

    static func note(_ text: String) {
        let line = "rbee-hive: \(text)"
        if let drawing = drawing.withLock({ $0 }) {
            drawing.keep(line)
        } else {
            write(line + "\n", to: STDERR_FILENO)
        }
    }

    static func error(_ error: ProvisionError) {
        var text = "rbee-hive: \(error.message.escapedLines)"
        if let advice = error.advice { text += "\n  \(advice.escapedLines)" }
        write(text + "\n", to: STDERR_FILENO)
    }

    static func write(_ text: String, to file: Int32) {
        write(Array(text.utf8), to: file)
    }

    static func write(_ bytes: [UInt8], to file: Int32) {
        var bytes = bytes[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
            // A reader that went away wants no more of it.
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    static func isTerminal(_ file: Int32) -> Bool { isatty(file) == 1 }

    /// The terminal's width in columns; 80 where it does not say.
    static func width(of file: Int32) -> Int {
        var size = winsize()
        guard ioctl(file, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}

extension String {
    /// Text from outside, fit for a terminal: line breaks stay, every other control character is shown.
    var escapedLines: String {
        split(separator: "\n", omittingEmptySubsequences: false).map { String($0).visiblyEscaped }
            .joined(separator: "\n")
    }
}

extension Console {
    /// All of a table in one write: a line each would cost more than reading the catalog.
    static func result(_ table: Table) {
        result(table.lines(width: tableWidth).joined(separator: "\n"))
    }

    /// How wide a table may be: as the terminal is; a pipe sets no limit.
    static var tableWidth: Int? {
        isTerminal(STDOUT_FILENO) ? width(of: STDOUT_FILENO) : nil
    }
}
