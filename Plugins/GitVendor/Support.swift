import FoundationEssentials
import Synchronization
import SystemPackage

/// Carries a value out of a closure that returns none.
final class ResultBox<Value: Sendable>: Sendable {
    private let content = Mutex<Value?>(nil)

    var value: Value? { content.withLock { $0 } }

    func set(_ value: Value) { content.withLock { $0 = value } }
}

/// Removes what a failed attempt left in `folder`.
func emptyFolder(_ folder: FilePath) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.string) {
        try FileManager.default.removeItem(atPath: folder.appending(name).string)
    }
}
