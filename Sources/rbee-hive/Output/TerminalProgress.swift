import ArtifactTypes
import Foundation
import Provisioning
import Synchronization

/// Lines that stay, and below them bars, or a build's step, that are redrawn in place at most ten times a second.
final class TerminalProgress: ProgressRenderer {
    private struct State {
        var tally = TransferTally()
        var text: ProgressText
        /// The widths of the lines of bars on the terminal now.
        var drawn: [Int] = []
        var lastDraw = ContinuousClock.Instant.now - .seconds(1)
        var step: BuildStatus?
        var isTicking = false
    }

    private static let interval = Duration.milliseconds(100)
    private let colours: Bool
    private let state: Mutex<State>

    init(colours: Bool) {
        self.colours = colours
        state = Mutex(State(text: ProgressText(width: Console.width(of: STDERR_FILENO))))
        Console.drawing.withLock { $0 = self }
    }

    /// Shows a line of somebody else's, which stays.
    func keep(_ line: String) {
        state.withLock { draw(&$0, above: [line]) }
    }

    func show(_ event: ProgressEvent) {
        state.withLock { state in
            switch event {
            case .planned(let files, let bytes, _):
                state.tally.plan(files: files, total: bytes)
            case .transfer(let path, let received, let total):
                state.tally.update(path, received: received, total: total)
                if .now - state.lastDraw >= Self.interval { draw(&state, above: []) }
                return
            case .fileDone(let path, let bytes):
                state.tally.finish(path, bytes: bytes)
            case .gitTransfer(let url, let objects, let total, let bytes):
                guard .now - state.lastDraw >= Self.interval else { return }
                state.tally.update("\(url) (\(objects) of \(total) objects)", received: bytes, total: nil)
            case .step(let number, let count, let title):
                state.step = BuildStatus(number: number, count: count, title: title)
                draw(&state, above: [])
                if !state.isTicking { startTicking() }
                state.isTicking = true
                return
            case .stage, .published: state.step = nil
            default: break
            }
            let lines = state.text.lines(for: event)
            // A file of very many that is done changes the bars alone, which have their own pace.
            if lines.isEmpty, .now - state.lastDraw < Self.interval { return }
            draw(&state, above: lines)
        }
    }

    func finish() {
        Console.drawing.withLock { if $0 === self { $0 = nil } }
        state.withLock { state in
            Console.write(Self.erase(state.drawn, width: Console.width(of: STDERR_FILENO)), to: STDERR_FILENO)
            state.drawn = []
            state.step = nil
        }
    }

    /// A compiler may be silent for minutes: the time goes on all the same.
    private func startTicking() {
        Task { [weak self] in
            repeat { try await Task.sleep(for: .seconds(1)) } while self?.tick() == true
        }
    }

    private func tick() -> Bool {
        state.withLock { state in
            state.isTicking = state.step != nil
            if state.isTicking { draw(&state, above: []) }
            return state.isTicking
        }
    }

    /// Replaces the bars by `lines`, which stay, and the bars as they are now.
    private func draw(_ state: inout State, above lines: [String]) {
        let width = Console.width(of: STDERR_FILENO)
        let bars = Self.moving(state, width: width, colours: colours)
        let text = Self.erase(state.drawn, width: width) + (lines + bars).map { $0 + "\n" }.joined()
        Console.write(text, to: STDERR_FILENO)
        state.drawn = Self.moving(state, width: width, colours: false).map(\.columns)
        state.lastDraw = .now
    }

    private static func moving(_ state: State, width: Int, colours: Bool) -> [String] {
        TransferBars(tally: state.tally, width: width, colours: colours).lines()
            + (state.step.map { [$0.line(width: width, colours: colours)] } ?? [])
    }

    /// A terminal that became narrower has broken the lines that are on it.
    private static func erase(_ lines: [Int], width: Int) -> String {
        if lines.isEmpty { return "" }
        let rows = lines.reduce(0) { $0 + max(1, ($1 + width - 1) / max(1, width)) }
        // The line below the bars holds what was typed meanwhile, as the "^C" of an interruption.
        return "\r\u{1B}[2K" + String(repeating: "\u{1B}[1A\u{1B}[2K", count: rows)
    }
}
