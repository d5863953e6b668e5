import Foundation
import Synchronization
import SystemPackage

/// A child process whose stdout is read line by line as it comes.
final class RunningProgram: Sendable {
    private struct State {
        var output = ""
        var waiters: [(text: String, resume: CheckedContinuation<Bool, Never>)] = []
        var exit: Int32?
        var exitWaiters: [CheckedContinuation<Int32, Never>] = []
    }

    let pid: pid_t
    private let state = Mutex(State())
    private let errors: FilePath

    init(
        _ program: FilePath, _ arguments: [String], environment: [String: String], scratch: FilePath
    ) throws {
        errors = scratch.appending("stderr-\(UUID().uuidString)")
        guard FileManager.default.createFile(atPath: errors.string, contents: nil) else { throw Errno.ioError }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program.string)
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = URL(fileURLWithPath: scratch.string)
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle(forWritingAtPath: errors.string)
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        pid = process.processIdentifier
        let reader = pipe.fileHandleForReading
        Thread.detachNewThread { [self] in
            while true {
                let data = reader.availableData
                if data.isEmpty { break }
                received(String(decoding: data, as: UTF8.self))
            }
            process.waitUntilExit()
            let status = process.terminationStatus
            ended(process.terminationReason == .uncaughtSignal ? 128 + status : status)
        }
    }

    /// Waits until stdout has `text`. False where the program ended without it.
    func prints(_ text: String) async -> Bool {
        await withCheckedContinuation { continuation in
            let known: Bool? = state.withLock { state in
                if state.output.contains(text) { return true }
                if state.exit != nil { return false }
                state.waiters.append((text, continuation))
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    func send(_ signal: Int32) {
        kill(pid, signal)
    }

    func outcome() async throws -> Outcome {
        let status = await withCheckedContinuation { continuation in
            let known: Int32? = state.withLock { state in
                if let exit = state.exit { return exit }
                state.exitWaiters.append(continuation)
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
        return Outcome(
            status: status, output: state.withLock { $0.output },
            errors: try String(contentsOfFile: errors.string, encoding: .utf8))
    }

    private func received(_ text: String) {
        let satisfied = state.withLock { state in
            state.output += text
            let output = state.output
            let satisfied = state.waiters.filter { output.contains($0.text) }
            state.waiters.removeAll { output.contains($0.text) }
            return satisfied.map(\.resume)
        }
        for waiter in satisfied { waiter.resume(returning: true) }
    }

    private func ended(_ status: Int32) {
        let (waiters, exitWaiters) = state.withLock { state in
            state.exit = status
            defer {
                state.waiters = []
                state.exitWaiters = []
            }
            return (state.waiters.map(\.resume), state.exitWaiters)
        }
        for waiter in waiters { waiter.resume(returning: false) }
        for waiter in exitWaiters { waiter.resume(returning: status) }
    }
}
