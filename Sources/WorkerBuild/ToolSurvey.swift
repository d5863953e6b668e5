public import ArtifactTypes
import Processes
public import SystemPackage

/// The tools of this machine that builds may want, whatever recipes there are.
public struct ToolSurvey: Sendable {
    public struct Tool: Sendable, Hashable {
        public let name: String
        /// Nil where it is not there.
        public let path: FilePath?
        /// What it says of its version, if it says so.
        public let version: String?
        /// Whether a sandboxed build finds it.
        public let isVisible: Bool
        /// Which packages bring it.
        public let advice: String
    }

    /// Compilers, build programs, and what fetches.
    public static let usual = [
        "gcc", "g++", "clang", "ld", "make", "cmake", "ninja", "pkg-config", "cargo", "rustc", "nvcc", "hipcc",
        "python3",
        "git", "ssh", "bwrap", "prlimit", "ccache",
    ]

    private let environment: [String: String]
    private let folders: ToolFolders

    public init(environment: [String: String]) {
        self.environment = environment
        folders = ToolFolders(environment: environment, toolchains: BuildRecipe.Toolchain.allCases)
    }

    /// Looks for the tools and asks each that is there for its version.
    public func look(for names: [String] = usual) async -> [Tool] {
        let versions = await toolVersions(names, folders: folders, environment: environment, sandboxed: false)
        return names.map { name in
            Tool(
                name: name, path: folders.find(name, sandboxed: false), version: versions[name],
                isVisible: folders.find(name, sandboxed: true) != nil, advice: ToolPackages.advice(for: name))
        }
    }
}

/// A device that computes, and the driver that is loaded for it.
public struct AcceleratorDevice: Sendable, Hashable {
    /// What computes on it.
    public let accelerator: Accelerator
    public let name: String
    public let driver: String?
    /// Bytes of its own.
    public let memory: Int64?
    /// As `9.0`; of NVIDIA's alone.
    public let computeCapability: String?
}

/// The devices of NVIDIA and AMD, as their own programs tell.
public struct AcceleratorSurvey: Sendable {
    /// Empty where there is none.
    public let devices: [AcceleratorDevice]
    /// Why there may be some that are not listed; nil where all is well.
    public let problem: String?

    public init(environment: [String: String]) async {
        var devices: [AcceleratorDevice] = []
        var problem: String?
        if let program = findExecutable("nvidia-smi", path: environment["PATH"]) {
            let fields = "name,driver_version,memory.total,compute_cap"
            let (output, failure) = await Self.ask(
                program, ["--query-gpu=\(fields)", "--format=csv,noheader,nounits"], environment)
            devices += output.split(separator: "\n").compactMap { Self.nvidia(String($0)) }
            problem = failure
        } else if smallFile("/proc/driver/nvidia/version") != nil {
            problem = "NVIDIA's driver is loaded, and nvidia-smi is not in PATH"
        }
        if let program = findExecutable("rocminfo", path: environment["PATH"]) {
            let (output, failure) = await Self.ask(program, [], environment)
            devices += Self.amd(output)
            problem = problem ?? failure
        } else if resolved("/dev/kfd") != nil {
            problem = problem ?? "AMD's driver is loaded, and rocminfo is not in PATH"
        }
        self.devices = devices
        self.problem = problem
    }

    /// `NVIDIA H100 80GB HBM3, 550.54.15, 81559, 9.0`, the memory in MiB.
    private static func nvidia(_ line: String) -> AcceleratorDevice? {
        let fields = line.split(separator: ",").map { $0.drop { $0 == " " } }.map(String.init)
        guard fields.count == 4 else { return nil }
        return AcceleratorDevice(
            accelerator: .cuda, name: fields[0], driver: fields[1], memory: Int64(fields[2]).map { $0 << 20 },
            computeCapability: fields[3])
    }

    /// Agents whose device type is GPU, by the name that sells them.
    private static func amd(_ text: String) -> [AcceleratorDevice] {
        var name: String?
        var devices: [AcceleratorDevice] = []
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            let trimmed = String(value.reversed().drop { $0 == " " }.reversed())
            if line.contains("Marketing Name:") { name = trimmed }
            if line.contains("Device Type:"), trimmed == "GPU", let name {
                devices.append(
                    AcceleratorDevice(
                        accelerator: .rocm, name: name, driver: nil, memory: nil, computeCapability: nil))
            }
        }
        return devices
    }

    private static func ask(
        _ program: FilePath, _ arguments: [String], _ environment: [String: String]
    ) async -> (output: String, failure: String?) {
        let name = program.lastComponent?.string ?? program.string
        do {
            let outcome = try await run(
                ProcessRequest(
                    executable: program, arguments: arguments, environment: environment.filter { $0.key == "PATH" },
                    timeout: .seconds(20), outputLimit: 1 << 20))
            if outcome.succeeded { return (outcome.text, nil) }
            return ("", "\(name) failed: \(outcome.lastLines.last ?? "\(outcome.status)")")
        } catch {
            return ("", "\(name) failed: \(error.message)")
        }
    }
}
