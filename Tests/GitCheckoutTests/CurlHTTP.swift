import ArtifactTypes
import Foundation
import GitCheckout

extension GitHTTP {
    /// Carries requests by the program curl.
    static let curl = GitHTTP { request, receive throws(GitError) in
        do {
            return try await send(request, receive)
        } catch let error as GitError {
            throw error
        } catch {
            throw GitError(error is CancellationError ? .cancelled : .unavailable, "\(error)")
        }
    }

    private static func send(
        _ request: Request, _ receive: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws -> Answer {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        let headers = NSTemporaryDirectory() + "headers-\(UUID().uuidString)"
        var arguments = ["-sSL", "-N", "-D", headers, "-w", "%{stderr}%{url_effective}", "-X", request.method, request.url]
        for (name, value) in request.headers { arguments += ["-H", "\(name): \(value)"] }
        for (name, value) in request.secretHeaders { arguments += ["-H", "\(name): \(value.reveal())"] }
        var ends: [Int32] = [0, 0]
        pipe2(&ends, O_CLOEXEC)
        let errorFile = headers + ".err"
        let bodyFile = headers + ".body"
        try Data(request.body ?? []).write(to: URL(fileURLWithPath: bodyFile))
        try Data().write(to: URL(fileURLWithPath: errorFile))
        if request.body != nil { arguments += ["--data-binary", "@" + bodyFile] }
        process.arguments = arguments
        let writing = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
        process.standardOutput = writing
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errorFile))
        try process.run()
        try writing.close()
        let descriptor = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        return try await withTaskCancellationHandler {
            var status: Int?
            while true {
                let data = await withCheckedContinuation { continuation in
                    DispatchQueue.global().async { continuation.resume(returning: descriptor.availableData) }
                }
                if data.isEmpty { break }
                if status == nil { status = try Self.head(headers).status }
                if status == 200 { try await receive(Array(data)) }
            }
            process.waitUntilExit()
            try Task.checkCancellation()
            let url = try String(contentsOfFile: errorFile, encoding: .utf8)
            if process.terminationStatus != 0 { throw GitError(.unavailable, "curl: \(url)") }
            let head = try Self.head(headers)
            return Answer(status: head.status, headers: head.fields, url: url)
        } onCancel: {
            process.terminate()
        }
    }

    private static func head(_ file: String) throws -> (status: Int, fields: [String: String]) {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let lines = text.components(separatedBy: "\r\n\r\n").last { $0.hasPrefix("HTTP") } ?? ""
        var fields: [String: String] = [:]
        var status = 0
        for line in lines.components(separatedBy: "\r\n") {
            if line.hasPrefix("HTTP") { status = Int(line.split(separator: " ")[1]) ?? 0 }
            if let colon = line.firstIndex(of: ":") {
                fields[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            }
        }
        return (status, fields)
    }
}
