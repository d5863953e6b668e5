#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a build may take of the machine.
public struct BuildLimits: Sendable, Hashable {
    /// For all of its steps together.
    public var time: Duration
    /// Bytes that its processes may hold together; also what one of them may allocate.
    public var memory: Int64
    /// Bytes that the checkout and the scratch folder may hold together; also the size of one file.
    public var disk: Int64
    /// Processes and threads.
    public var processes: Int

    /// - Parameter memory: nil for nine tenths of the machine's.
    public init(
        time: Duration = .seconds(2 * 3600), memory: Int64? = nil, disk: Int64 = 64 << 30, processes: Int = 4096
    ) {
        self.time = time
        self.memory = memory ?? Self.machineMemory / 10 * 9
        self.disk = disk
        self.processes = processes
    }

    private static var machineMemory: Int64 {
        let pages = sysconf(Int32(_SC_PHYS_PAGES))
        let (bytes, overflow) = Int64(pages).multipliedReportingOverflow(by: Int64(sysconf(Int32(_SC_PAGESIZE))))
        return pages > 0 && !overflow ? bytes : 8 << 30
    }

    /// Limits that the kernel keeps by itself. It binds no memory and no process count of a whole build, and none of
    /// root's processes at all: `Watchdog` does.
    ///
    /// - Parameter mode: without a user namespace the kernel would count all of the user's processes, and not this build's.
    func arguments(_ mode: SandboxMode) -> [String] {
        // Data rather than address space: compilers and garbage collectors reserve far more than they touch.
        let limits = ["--core=0:0", "--fsize=\(disk):\(disk)", "--data=\(memory):\(memory)"]
        return mode == .require ? limits + ["--nproc=\(processes):\(processes)"] : limits
    }
}
