import Foundation
import Provisioning
import Synchronization

/// One JSON object a line on stdout for each event.
final class JSONProgress: ProgressRenderer {
    private struct Line: Encodable {
        var event: String
        var reference: String?
        var vendor: String?
        var resolution: Resolution?
        var files: Int?
        var bytes: Int64?
        /// Of the bytes those that need not be fetched, and of these those that are copied, or were fetched before.
        var present: Int64?
        var copied: Int64?
        var begun: Int64?
        var path: String?
        var received: Int64?
        var total: Int64?
        var url: String?
        var objects: Int?
        var totalObjects: Int?
        var text: String?
        var step: Int?
        var steps: Int?
    }

    private static let interval = Duration.milliseconds(200)
    /// When each file was last told of: a transfer tells at most five times a second.
    private let told = Mutex<[String: ContinuousClock.Instant]>([:])

    func show(_ event: ProgressEvent) {
        if case .transfer(let path, let received, let total) = event, received != total {
            let isDue = told.withLock { told in
                if let last = told[path], .now - last < Self.interval { return false }
                told[path] = .now
                return true
            }
            guard isDue else { return }
        }
        if let text = try? JSONOutput.line(line(for: event)) { Console.result(text) }
    }

    func finish() {}

    private func line(for event: ProgressEvent) -> Line {
        switch event {
        case .resolving(let reference, let vendor): Line(event: "resolving", reference: reference, vendor: vendor)
        case .resolved(let resolution): Line(event: "resolved", resolution: resolution.withoutSecrets)
        case .planned(let files, let bytes, let present):
            Line(
                event: "planned", files: files, bytes: bytes, present: present.total, copied: present.elsewhere,
                begun: present.begun)
        case .transfer(let path, let received, let total):
            Line(event: "progress", path: path, received: received, total: total)
        case .fileDone(let path, let bytes): Line(event: "file", bytes: bytes, path: path)
        case .gitTransfer(let url, let objects, let total, let bytes):
            Line(event: "progress", bytes: bytes, url: url, objects: objects, totalObjects: total)
        case .stage(let name): Line(event: "stage", text: name)
        case .step(let number, let count, let title): Line(event: "step", text: title, step: number, steps: count)
        case .output(let line): Line(event: "output", text: line)
        case .notice(let text): Line(event: "notice", text: text)
        case .published(let path): Line(event: "published", path: path)
        }
    }
}
