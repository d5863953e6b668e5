import Foundation
import SystemPackage

/// Holds a catalog's write lock from another process, so that a row cannot commit until it is released.
final class CatalogLock {
    private let process = Process()
    private let input = Pipe()

    init(_ path: FilePath) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c",
            """
            import sqlite3, sys
            database = sqlite3.connect(sys.argv[1], isolation_level=None)
            database.execute("BEGIN IMMEDIATE")
            print("locked", flush=True)
            sys.stdin.read()
            """, path.string,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = input
        try process.run()
        // The first bytes say that the lock is held.
        _ = output.fileHandleForReading.availableData
    }

    func release() throws {
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
