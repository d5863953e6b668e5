import Foundation

/// Whether a process is there and not merely waiting to be reaped.
public func isAlive(_ process: Int32) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        let end = text.lastIndex(of: ")"), let state = text[end...].dropFirst(2).first
    else { return false }
    return state != "Z" && state != "X"
}

/// Whether the kernel still knows the process, as a zombie or otherwise.
public func isKnown(_ process: Int32) -> Bool { kill(process, 0) == 0 }

/// Waits until `condition` holds, up to ten seconds; false where it never did.
public func eventually(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<1000 {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return condition()
}
