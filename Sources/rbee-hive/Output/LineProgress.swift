import ArtifactTypes
import Foundation
import Provisioning
import Synchronization

/// Plain lines for logs and pipes: what happens as it happens, transfers every few seconds.
final class LineProgress: ProgressRenderer {
    private struct State {
        var tally = TransferTally()
        var lastLine = ContinuousClock.Instant.now
    }

    private static let interval = Duration.seconds(3)
    private let state = Mutex(State())

    func show(_ event: ProgressEvent) {
        state.withLock { state in
            switch event {
            case .planned(_, let bytes, _):
                state.tally.plan(total: bytes)
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
            if let text = ProgressText.line(for: event) { Console.note(text) }
        }
    }

    func finish() {}

    private static func line(_ tally: TransferTally) -> String {
        var text = "\(ByteCount(tally.received))"
        if let total = tally.total { text += " of \(ByteCount(total))" }
        if let rate = tally.rate { text += ", \(ByteCount(Int64(rate)))/s" }
        if let left = tally.secondsLeft { text += ", \(TransferTally.duration(left)) left" }
        return text
    }
}

/// The one wording of each event that the text renderings share.
enum ProgressText {
    static func line(for event: ProgressEvent) -> String? {
        switch event {
        case .resolving(let reference, let vendor): "resolving \(reference.visiblyEscaped) at \(vendor)"
        case .resolved(let resolution): "at revision \(resolution.revision.visiblyEscaped)"
        case .planned(let files, let bytes, let present): planned(files, bytes, present)
        case .transfer: nil
        case .fileDone(let path, let bytes): "\(path.visiblyEscaped): done, \(ByteCount(bytes))"
        case .gitTransfer(let url, let objects, let total, let bytes):
            "\(url): \(objects) of \(total) objects, \(ByteCount(bytes))"
        case .stage(let name): name
        case .output(let line): "  \(line.visiblyEscaped)"
        case .notice(let text): text.visiblyEscaped
        case .published(let path): "published \(path)"
        }
    }

    private static func planned(_ files: Int, _ bytes: Int64?, _ present: Int64) -> String {
        var text = "\(files) file\(files == 1 ? "" : "s")"
        if let bytes { text += ", \(ByteCount(bytes))" }
        if let bytes, present >= bytes {
            text += ", all here already"
        } else if present > 0 {
            text += ", \(ByteCount(present)) of it here already"
            if let bytes { text += ", \(ByteCount(bytes - present)) to fetch" }
        }
        return text
    }
}
