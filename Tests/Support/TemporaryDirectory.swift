import Foundation
public import SystemPackage

/// A folder of a test's own, gone with its last reference.
public final class TemporaryDirectory: Sendable {
    public let path: FilePath

    public init() throws {
        var template = Array((NSTemporaryDirectory() + "rbee-test-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
        path = FilePath(String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    deinit {
        // A test may have taken write permission away from what it made.
        let files = FileManager.default.enumerator(atPath: path.string)
        while let name = files?.nextObject() as? String {
            let file = path.appending(name).string
            if (try? FileManager.default.attributesOfItem(atPath: file)[.type] as? FileAttributeType) == .typeDirectory
            {
                chmod(file, 0o700)
            }
        }
        try? FileManager.default.removeItem(atPath: path.string)
    }

    /// Writes `bytes` under `name`, making the folders on the way.
    @discardableResult
    public func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> FilePath {
        let file = path.appending(name)
        try FileManager.default.createDirectory(
            atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: file.string))
        return file
    }
}
