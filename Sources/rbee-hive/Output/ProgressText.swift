import ArtifactTypes
import Provisioning

/// The wording of a job's events that the text renderings share: a line or a few for each, none for what only moves.
struct ProgressText {
    /// More files than this are not told of one by one.
    static let mostFiles = 12
    /// In columns; nil where nothing limits a line.
    let width: Int?
    private var files: [RemoteFile] = []
    /// Whether the files have been told: a job that waited for another process and goes on plans twice.
    private var isListed = false

    init(width: Int?) {
        self.width = width
    }

    mutating func lines(for event: ProgressEvent) -> [String] {
        switch event {
        case .resolving(let reference, let vendor): return ["resolving \(reference.visiblyEscaped) at \(vendor)"]
        case .resolved(let resolution):
            files = resolution.files
            isListed = false
            return ["at revision \(resolution.revision.visiblyEscaped)"]
        case .planned(let count, let bytes, let present):
            defer { isListed = true }
            return plan(count, bytes, present)
        case .transfer: return []
        case .fileDone(let path, let bytes):
            return files.count > Self.mostFiles ? [] : [fitting(path, ": done, \(ByteCount(bytes))")]
        case .gitTransfer(let url, let objects, let total, let bytes):
            return ["\(url): \(objects) of \(total) objects, \(ByteCount(bytes))"]
        case .stage(let name): return [name.visiblyEscaped]
        case .step(let number, let count, let title):
            return ["step \(number) of \(count): \(title.visiblyEscaped)"]
        case .output(let line): return ["  \(line.visiblyEscaped)"]
        case .notice(let text): return [text.visiblyEscaped]
        case .published(let path): return ["published \(path)"]
        }
    }

    /// What is about to be fetched: each file, largest first, and the sum.
    private func plan(_ count: Int, _ bytes: Int64?, _ present: PresentBytes) -> [String] {
        guard count == files.count, count > 1, !isListed else { return [sum(count, bytes, present)] }
        let sorted = files.sorted { ($0.size ?? .max, $1.path) > ($1.size ?? .max, $0.path) }
        var shown = sorted.prefix(count > Self.mostFiles ? Self.mostFiles - 2 : count).map { file in
            (size: file.size.map { "\(ByteCount($0))" } ?? "?", path: file.path.string)
        }
        if count > shown.count { shown.append((size: "", path: "and \(count - shown.count) more")) }
        let sizeWidth = shown.map(\.size.columns).max() ?? 0
        let lines = shown.map { size, path in
            let beginning = "  " + String(repeating: " ", count: sizeWidth - size.columns) + size + "  "
            return beginning + fitting(path, "", beside: beginning.columns)
        }
        return lines + [sum(count, bytes, present)]
    }

    /// A path and what is said of it, the path's front left off where the line would be too long.
    private func fitting(_ path: String, _ rest: String, beside: Int = 0) -> String {
        let path = path.visiblyEscaped
        return (width.map { path.cutFront(to: max(8, $0 - rest.columns - beside)) } ?? path) + rest
    }

    private func sum(_ files: Int, _ bytes: Int64?, _ present: PresentBytes) -> String {
        let count = "\(files) file\(files == 1 ? "" : "s")"
        var shares = [
            (present.stored, "of it here already"), (present.elsewhere, "to copy"),
            (present.begun, "of it fetched before"),
        ]
        if let bytes, !self.files.isEmpty { shares.append((bytes - present.total, "to fetch")) }
        shares = shares.filter { $0.0 > 0 }
        guard let bytes else { return ([count] + shares.map { "\(ByteCount($0)) \($1)" }).joined(separator: ", ") }
        if bytes > 0, present.stored >= bytes { return "\(count), \(ByteCount(bytes)), all here already" }
        if shares.count <= 1 {
            return "\(count), \(([ByteCount(bytes).description] + shares.map(\.1)).joined(separator: " "))"
        }
        return "\(count), \(ByteCount(bytes)), " + shares.map { "\(ByteCount($0)) \($1)" }.joined(separator: ", ")
    }
}
