import Provisioning
import SystemPackage
import TestSupport
import Testing

@testable import Hive

@Suite("GPUs of a machine")
struct GraphicsProcessorTests {
    @Test("a line of nvidia-smi is a GPU; one without figures is none")
    func nvidia() {
        let gpu = GraphicsProcessors.nvidia(line: "NVIDIA H100 80GB HBM3, 81559, 81007")
        #expect(gpu == GraphicsProcessor(name: "NVIDIA H100 80GB HBM3", memory: 81559 << 20, free: 81007 << 20))
        #expect(GraphicsProcessors.nvidia(line: "NVIDIA GB10, [N/A], [N/A]") == nil)
        #expect(GraphicsProcessors.nvidia(line: "No devices were found") == nil)
    }

    @Test("an AMD card is found by its driver's files, its outputs and other cards are not")
    func amd() throws {
        let folder = try TemporaryDirectory()
        try folder.write("17163091968\n".utf8, to: "card1/device/mem_info_vram_total")
        try folder.write("163091968\n".utf8, to: "card1/device/mem_info_vram_used")
        try folder.write("0x8086\n".utf8, to: "card0/device/vendor")
        try folder.write("17163091968\n".utf8, to: "card1-DP-1/device/mem_info_vram_total")
        let found = GraphicsProcessors(environment: [:], devices: folder.path).amd()
        #expect(found == [GraphicsProcessor(name: "AMD card1", memory: 17_163_091_968, free: 17_000_000_000)])
        #expect(GraphicsProcessors(environment: [:], devices: folder.path.appending("absent")).amd() == [])
    }

    @Test("a model has room on one GPU, on all together, or nowhere")
    func placement() {
        let gpus = [1, 2].map { GraphicsProcessor(name: "a", memory: 3000, free: 1000 * $0) }
        #expect(GraphicsPlacement(bytes: 2000, on: gpus) == .one)
        #expect(GraphicsPlacement(bytes: 2001, on: gpus) == .several)
        #expect(GraphicsPlacement(bytes: 3001, on: gpus) == .nowhere)
        #expect(GraphicsPlacement(bytes: 1, on: []) == nil)
    }
}
