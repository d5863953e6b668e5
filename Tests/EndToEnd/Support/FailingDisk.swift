import Foundation
import SystemPackage
import TestSupport

/// The built program on a disk that fails at a chosen system call; see `Fixtures/faults.c`.
struct FailingDisk {
    enum Effect: Sendable {
        case kill
        /// This call and no other fails.
        case error(Int32)
        /// This call and all later ones fail.
        case lasting(Int32)
        case powerCut
    }

    /// What changes a disk, and the syncs in between.
    static let changes =
        "rename,renameat2,link,unlink,unlinkat,rmdir,mkdir,open,open64,write,pwrite,pwrite64,ftruncate,ftruncate64,"
        + "fchmod,fsync,fdatasync,syncfs,fallocate"
    static let syncs = "fsync,fdatasync,syncfs"

    let machine: Installation
    /// The folder that it is about.
    let folder: FilePath
    /// The system calls that count.
    let calls: String
    private let library: FilePath

    init(_ machine: Installation, folder: FilePath? = nil, calls: String) throws {
        self.machine = machine
        self.folder = folder ?? machine.store
        self.calls = calls
        library = try Self.compiled.get()
    }

    private static let compiled = Result {
        let library = Installation.programs.appending("failing-disk.so")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library.string,
            Installation.fixtures.appending("faults.c").string, "-ldl",
        ]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Errno.noSuchFileOrDirectory }
        return library
    }

    /// How many of the calls a run makes that succeeds, and what they are, a line each.
    func log(_ arguments: [String]) async throws -> (count: Int, lines: [Substring]) {
        let log = machine.folder.path.appending("calls")
        unlink(log.string)
        var environment = environment(at: "0", "kill")
        environment["FAULT_LOG"] = log.string
        _ = try await machine.start(arguments, environment: environment).outcome()
        let lines = (try? String(contentsOfFile: log.string, encoding: .utf8))?.split(separator: "\n") ?? []
        return (lines.count, lines)
    }

    /// Runs the program so that its disk fails at that call, counted from 1.
    func run(_ arguments: [String], at number: Int, _ effect: Effect) async throws -> Outcome {
        let environment =
            switch effect {
            case .kill: environment(at: "\(number)", "kill")
            case .error(let code): environment(at: "\(number)", "\(code)")
            case .lasting(let code): environment(at: "\(number)+", "\(code)")
            case .powerCut: environment(at: "\(number)", "cut")
            }
        return try await machine.start(arguments, environment: environment).outcome()
    }

    private func environment(at number: String, _ effect: String) -> [String: String] {
        [
            "LD_PRELOAD": library.string, "FAULT_UNDER": folder.string, "FAULT_CALLS": calls, "FAULT_AT": number,
            "FAULT_DO": effect,
        ]
    }

    /// So many numbers of `1...count`, spread over it; as many as `RBEE_WALK` says, and all where that is `all`.
    static func sample(_ wanted: Int, of count: Int) -> [Int] {
        let walk = ProcessInfo.processInfo.environment["RBEE_WALK"] ?? ""
        let wanted = walk == "all" ? count : Int(walk) ?? wanted
        if count <= wanted { return Array(1...max(1, count)) }
        return (0..<wanted).map { 1 + ($0 * (count - 1) + (count / 3)) / wanted % count }
    }
}
