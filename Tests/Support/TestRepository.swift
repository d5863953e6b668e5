import Foundation
public import SystemPackage

/// A repository made by the real git, with none of the machine's configuration.
public final class TestRepository: Sendable {
    private let folder: TemporaryDirectory
    public var path: FilePath { folder.path.appending("work") }

    public init() throws {
        folder = try TemporaryDirectory()
        try folder.write([], to: "home/.keep")
        try folder.write([], to: "work/.keep")
        unlink(path.appending(".keep").string)
        try git("init", "-q", "-b", "main")
        try git("config", "uploadpack.allowFilter", "false")
    }

    /// Runs git in the work tree and returns what it prints, without the last newline.
    @discardableResult
    public func git(_ arguments: String..., input: [UInt8] = []) throws -> String {
        try run(["git"] + arguments, input: input)
    }

    /// Writes the files, commits all that changed and returns the commit's id.
    @discardableResult
    public func commit(_ files: [String: String], message: String = "change") throws -> String {
        for (name, content) in files { try folder.write(content.utf8, to: "work/\(name)") }
        try git("add", "-A")
        return try commitIndex(message)
    }

    /// Commits the index as it is and returns the commit's id.
    @discardableResult
    public func commitIndex(_ message: String = "change") throws -> String {
        try git("commit", "-q", "--allow-empty", "-m", message)
        return try git("rev-parse", "HEAD")
    }

    /// Adds an entry to the index that no work tree has to hold, as a link to anywhere.
    public func stage(mode: String, content: String, at path: String) throws {
        let id = try git("hash-object", "-w", "--stdin", input: Array(content.utf8))
        try git("update-index", "--add", "--cacheinfo", "\(mode),\(id),\(path)")
    }

    /// Commits a tree of raw entries, whatever git thinks of them, and returns the commit's id.
    public func commitTree(_ entries: [(mode: String, name: String, content: String)]) throws -> String {
        var tree: [UInt8] = []
        for entry in entries {
            let id = try git("hash-object", "-w", "--stdin", input: Array(entry.content.utf8))
            tree += Array("\(entry.mode) \(entry.name)".utf8) + [0]
            let digits = Array(id.utf8)
            for place in stride(from: 0, to: 40, by: 2) {
                tree.append(UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16) ?? 0)
            }
        }
        let id = try git("hash-object", "-t", "tree", "-w", "--stdin", "--literally", input: tree)
        let commit = try git("commit-tree", id, "-m", "hostile")
        try git("update-ref", "refs/heads/main", commit)
        return commit
    }

    /// Unpacks `commit` by `git archive` and tar into a new folder, for comparison.
    public func archive(_ commit: String, into target: FilePath) throws {
        try run([
            "sh", "-ec", "mkdir -p \"$1\"; git -c tar.umask=user archive --format=tar \"$0\" | tar -x -C \"$1\"",
            commit, target.string,
        ])
    }

    @discardableResult
    private func run(_ words: [String], input: [UInt8] = []) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.currentDirectoryURL = URL(fileURLWithPath: path.string)
        process.environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
            "HOME": folder.path.appending("home").string, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C",
            "GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.org", "GIT_COMMITTER_NAME": "Test",
            "GIT_COMMITTER_EMAIL": "test@example.org",
        ]
        let data = try process.output(of: input)
        guard process.terminationStatus == 0 else {
            throw TestRepositoryError(command: words.joined(separator: " "), status: process.terminationStatus)
        }
        return String(String(decoding: data, as: UTF8.self).reversed().drop { $0 == "\n" }.reversed())
    }
}

public struct TestRepositoryError: Error {
    public let command: String
    public let status: Int32
}

/// What two folders differ in, as diff(1) says; empty where they are the same. Links are compared, not followed.
public func difference(_ one: FilePath, _ other: FilePath) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // The listing compares modes and links, diff the content.
    process.arguments = [
        "sh", "-c",
        "list() { (cd \"$1\" && find . -mindepth 1 -printf '%p %y %m %l\\n' | sort); }; "
            + "[ \"$(list \"$0\")\" = \"$(list \"$1\")\" ] || { list \"$0\"; list \"$1\"; }; diff -r --no-dereference \"$0\" \"$1\"",
        one.string, other.string,
    ]
    return String(decoding: try process.output(), as: UTF8.self)
}

extension Process {
    /// Runs to the end with `input` on standard input, and returns what standard output got.
    func output(of input: [UInt8] = []) throws -> Data {
        let folder = try TemporaryDirectory()
        // Files, not pipes: a child of another test that inherits a pipe's end would hold it open.
        let stdin = try folder.write(input, to: "in")
        let stdout = try folder.write([], to: "out")
        standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: stdin.string))
        standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: stdout.string))
        try run()
        waitUntilExit()
        return try Data(contentsOf: URL(fileURLWithPath: stdout.string))
    }
}
