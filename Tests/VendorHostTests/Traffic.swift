import Foundation
import SystemPackage
import Testing

/// Lines between a hive and a vendor, written down, and the schema that they are held against.
enum Traffic {
    static let root = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
    private static let fixtures = FilePath(#filePath).removingLastComponent().appending("Fixtures")

    /// The command that runs `command` and writes down what goes in and out of it.
    static func recording(_ command: [String], to file: FilePath) -> [String] {
        ["python3", fixtures.appending("record.py").string, file.string] + command
    }

    /// What does not conform to docs/plugin-protocol.schema.json, a line each.
    static func problems(in file: FilePath) throws -> String {
        try validate([file.string])
    }

    /// Those of the given messages that conform although they should not; each line is `["definition", message]`.
    static func conforming(wrong file: FilePath) throws -> String {
        try validate([file.string, "--wrong"])
    }

    /// Whether Python's jsonschema is here.
    static let canValidate: Bool = {
        let outcome = try? python(["-c", "import jsonschema"])
        return outcome?.status == 0
    }()

    private static func validate(_ arguments: [String]) throws -> String {
        let schema = root.appending("docs/plugin-protocol.schema.json").string
        let outcome = try python([fixtures.appending("validate.py").string, schema] + arguments)
        #expect(outcome.status == 0)
        return outcome.output
    }

    private static func python(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
