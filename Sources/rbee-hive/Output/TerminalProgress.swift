import ArtifactTypes
import Foundation
import Provisioning
import Synchronization

/// One bar a file that moves, and a total with rate and time left, redrawn in place at most ten times a second.
final class TerminalProgress: ProgressRenderer {
    private struct State {
        var tally = TransferTally()
        /// Lines of bars on the terminal now.
        var drawn = 0
        var lastDraw = ContinuousClock.Instant.now - .seconds(1)
    }

    private static let interval = Duration.milliseconds(100)
    /// More bars than this say less.
    private static let mostBars = 6
    private let colours: Bool
    private let state = Mutex(State())

    init(colours: Bool) {
        self.colours = colours
    }

    func show(_ event: ProgressEvent) {
        state.withLock { state in
            switch event {
            case .planned(_, let bytes, _):
                state.tally.plan(total: bytes)
            case .transfer(let path, let received, let total):
                state.tally.update(path, received: received, total: total)
                if .now - state.lastDraw >= Self.interval { draw(&state, above: nil) }
                return
            case .fileDone(let path, let bytes):
                state.tally.finish(path, bytes: bytes)
            case .gitTransfer(let url, let objects, let total, let bytes):
                guard .now - state.lastDraw >= Self.interval else { return }
                state.tally.update("\(url) (\(objects) of \(total) objects)", received: bytes, total: nil)
            default: break
            }
            draw(&state, above: ProgressText.line(for: event))
        }
    }

    func finish() {
        state.withLock { state in
            Console.write(Self.erase(state.drawn), to: STDERR_FILENO)
            state.drawn = 0
        }
    }

    /// Replaces the bars by `line`, which stays, and the bars as they are now.
    private func draw(_ state: inout State, above line: String?) {
        let width = Console.width(of: STDERR_FILENO)
        var text = Self.erase(state.drawn)
        if let line { text += "\(line)\n" }
        let bars = bars(of: state.tally, width: width)
        text += bars.map { $0 + "\n" }.joined()
        Console.write(text, to: STDERR_FILENO)
        state.drawn = bars.count
        state.lastDraw = .now
    }

    private static func erase(_ lines: Int) -> String {
        String(repeating: "\u{1B}[1A\u{1B}[2K", count: lines)
    }

    private func bars(of tally: TransferTally, width: Int) -> [String] {
        guard !tally.active.isEmpty else { return [] }
        var lines = tally.active.suffix(Self.mostBars).map { file in
            bar(file.path.visiblyEscaped, file.received, file.total, "", width: width)
        }
        var rest = ""
        if let rate = tally.rate { rest += "  \(ByteCount(Int64(rate)))/s" }
        if let left = tally.secondsLeft { rest += "  \(TransferTally.duration(left))" }
        lines.append(bar("total", tally.received, tally.total, rest, width: width))
        return lines
    }

    /// `name  ████░░░░  1.2 GB of 4.1 GB  rest`, never wider than the terminal.
    private func bar(_ name: String, _ received: Int64, _ total: Int64?, _ rest: String, width: Int) -> String {
        let figures = total.map { "\(ByteCount(received)) of \(ByteCount($0))" } ?? "\(ByteCount(received))"
        let tail = "  \(figures)\(rest)"
        let room = max(0, width - 1 - tail.count)
        let nameWidth = min(max(8, room / 2), 40)
        let label = name.count > nameWidth ? "…" + name.suffix(nameWidth - 1) : name
        let padded = label + String(repeating: " ", count: nameWidth - label.count)
        let barWidth = room - nameWidth - 2
        guard barWidth >= 8, let total, total > 0 else { return String((padded + tail).prefix(width - 1)) }
        let filled = Int(Double(barWidth) * min(1, Double(received) / Double(total)))
        let full = String(repeating: "█", count: filled)
        let empty = String(repeating: "░", count: barWidth - filled)
        return "\(padded)  \(colours ? "\u{1B}[36m\(full)\u{1B}[0m" : full)\(empty)\(tail)"
    }
}
