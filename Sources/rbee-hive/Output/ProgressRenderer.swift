import Foundation
import Provisioning

/// A rendering of a job's events on stderr or stdout. It is called from any thread.
protocol ProgressRenderer: Sendable {
    func show(_ event: ProgressEvent)
    /// Leaves the terminal as it found it.
    func finish()
}

extension GlobalOptions {
    /// Bars on a terminal, a line every few seconds elsewhere, a JSON line an event, or nothing.
    var renderer: any ProgressRenderer {
        if json { return JSONProgress() }
        if quiet { return NoProgress() }
        let environment = ProcessInfo.processInfo.environment
        // A dumb terminal moves its cursor nowhere.
        if Console.isTerminal(STDERR_FILENO), environment["TERM"] != "dumb" {
            return TerminalProgress(colours: environment["NO_COLOR"] == nil)
        }
        return LineProgress()
    }

    /// For a command whose JSON is one value and no stream of events: what happens is told on stderr.
    var planRenderer: any ProgressRenderer {
        if quiet { return NoProgress() }
        return json ? LineProgress() : renderer
    }
}

extension ProgressRenderer {
    var sink: ProgressSink { ProgressSink { event in show(event) } }
}

struct NoProgress: ProgressRenderer {
    func show(_ event: ProgressEvent) {}
    func finish() {}
}
