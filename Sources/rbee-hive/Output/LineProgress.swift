import ArtifactTypes
import Foundation
import Provisioning
import Synchronization

/// Plain lines for logs and pipes: what happens as it happens, transfers every few seconds.
final class LineProgress: ProgressRenderer {
    private struct State {
        var tally = TransferTally()
        var text = ProgressText(width: nil)
        var lastLine = ContinuousClock.Instant.now
    }

    private static let interval = Duration.seconds(3)
    private let state = Mutex(State())

    func show(_ event: ProgressEvent) {
        state.withLock { state in
            switch event {
            case .planned(let files, let bytes, _):
                state.tally.plan(files: files, total: bytes)
            case .transfer(let path, let received, let total):
                state.tally.update(path, received: received, total: total)
                guard .now - state.lastLine >= Self.interval else { return }
                state.lastLine = .now
                Console.note(Self.line(state.tally))
                return
            case .fileDone(let path, let bytes):
                state.tally.finish(path, bytes: bytes)
            case .gitTransfer:
                guard .now - state.lastLine >= Self.interval else { return }
                state.lastLine = .now
            default: break
            }
            for line in state.text.lines(for: event) { Console.note(line) }
        }
    }

    func finish() {}

    private static func line(_ tally: TransferTally) -> String {
        var text = "\(ByteCount(tally.received))"
        if let total = tally.total { text += " of \(ByteCount(total))" }
        if tally.fileCount > 1 { text += ", \(tally.doneCount) of \(tally.fileCount) files" }
        if let rate = tally.rate { text += ", \(ByteCount(Int64(rate)))/s" }
        if let left = tally.secondsLeft { text += ", \(TransferTally.duration(left)) left" }
        return text
    }
}
