import Foundation

/// How much memory programs on this machine may use.
enum MachineMemory {
    /// In bytes: what the machine has, or the limit of the control group that this process runs in where that is lower.
    static var bytes: Int64 {
        let physical = Int64(clamping: ProcessInfo.processInfo.physicalMemory)
        guard let text = try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8),
            let limit = Int64(text.trimmingCharacters(in: .whitespacesAndNewlines))
        else { return physical }
        return min(physical, limit)
    }
}
