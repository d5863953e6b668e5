import Foundation
import Processes
import Provisioning
import SystemPackage

/// Finds the GPUs of this machine: NVIDIA's by their own tool, AMD's by what their driver shows.
struct GraphicsProcessors: Sendable {
    let environment: [String: String]
    /// Where the kernel shows its devices.
    var devices = FilePath("/sys/class/drm")

    /// None for a machine without any, and for a tool that fails: what is planned does not depend on it.
    func found() async -> [GraphicsProcessor] {
        await nvidia() + amd()
    }

    private func nvidia() async -> [GraphicsProcessor] {
        guard let program = findExecutable("nvidia-smi", path: environment["PATH"]) else { return [] }
        // 10 s: without a running persistence daemon the driver is loaded for each question, which takes seconds.
        let request = ProcessRequest(
            executable: program,
            arguments: ["--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"],
            environment: ["PATH": environment["PATH"] ?? ""], timeout: .seconds(10), outputLimit: 64 << 10)
        guard let outcome = try? await run(request), outcome.succeeded else { return [] }
        return outcome.text.split(separator: "\n").compactMap { Self.nvidia(line: String($0)) }
    }

    /// A line as `NVIDIA H100 80GB HBM3, 81559, 81007`, in MiB; nil where a figure is none, as `[N/A]`.
    static func nvidia(line: String) -> GraphicsProcessor? {
        let fields = line.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        guard fields.count >= 3, let memory = bytes(fields[fields.count - 2]),
            let free = bytes(fields[fields.count - 1])
        else { return nil }
        return GraphicsProcessor(name: fields.dropLast(2).joined(separator: ", "), memory: memory, free: free)
    }

    private static func bytes(_ mebibytes: String) -> Int64? {
        guard let number = Int64(mebibytes), number >= 0, number < 1 << 40 else { return nil }
        return number << 20
    }

    /// By the files that the amdgpu driver keeps for each card.
    func amd() -> [GraphicsProcessor] {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: devices.string)) ?? []).sorted()
        return names.compactMap { name in
            // `card0-DP-1` is an output of card0.
            guard name.hasPrefix("card"), !name.contains("-") else { return nil }
            let device = devices.appending(name).appending("device")
            guard let memory = Self.text(device, "mem_info_vram_total").flatMap({ Int64($0) }), memory > 0,
                let used = Self.text(device, "mem_info_vram_used").flatMap({ Int64($0) })
            else { return nil }
            let product = Self.text(device, "product_name").flatMap { $0.isEmpty ? nil : $0 }
            return GraphicsProcessor(name: product ?? "AMD \(name)", memory: memory, free: max(0, memory - used))
        }
    }

    private static func text(_ device: FilePath, _ name: String) -> String? {
        guard let text = try? String(contentsOfFile: device.appending(name).string, encoding: .utf8) else { return nil }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
