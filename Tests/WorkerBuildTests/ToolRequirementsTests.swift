import ArtifactTypes
import SystemPackage
import TestSupport
import Testing
import WorkerBuild

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite(.timeLimit(.minutes(1)))
struct ToolRequirementsTests {
    let folder: TemporaryDirectory
    static let table = WorkerRecipeTable(
        name: "llm-worker", variants: [.cpu, .cuda, .metal, .rocm], build: ["true"], binary: "worker",
        requires: ["all": ["rbee-cc"], "cuda": ["rbee-nvcc", "nvcc"], "rocm": ["hipcc"]])

    init() throws {
        folder = try TemporaryDirectory()
    }

    func tool(_ name: String, _ script: String = "echo") throws {
        chmod(try folder.write("#!/bin/sh\n\(script)\n".utf8, to: name).string, 0o755)
    }

    func requirements(_ table: WorkerRecipeTable = table, sandboxed: Bool = false, system: OperatingSystem = .linux)
        -> ToolRequirements
    {
        ToolRequirements(
            table: table, environment: ["PATH": folder.path.string], sandboxed: sandboxed, system: system)
    }

    @Test("what is missing is named with its packages, and so is what could be built instead")
    func missing() throws {
        try tool("rbee-cc")
        let error = #expect(throws: BuildError.self) { try requirements().check(.cuda) }
        #expect(error?.code == .missingTools)
        #expect(error?.message == "llm-worker cuda needs rbee-nvcc, nvcc, not found on this machine")
        #expect(error?.remedy?.contains("nvidia-cuda-toolkit (Debian, non-free)") == true)
        #expect(error?.remedy?.hasSuffix("can be built here: cpu") == true)
        #expect(throws: Never.self) { try requirements().check(.cpu) }
    }

    @Test("metal is built on macOS alone")
    func metal() throws {
        try tool("rbee-cc")
        #expect(requirements().buildableVariants == [.cpu])
        #expect(requirements(system: .macos).buildableVariants == [.cpu, .metal])
        #expect(throws: BuildError.self) { try requirements().check(.metal) }
    }

    @Test("with nothing here, nothing can be built, and that is said")
    func nothing() {
        let error = #expect(throws: BuildError.self) { try requirements().check(.cpu) }
        #expect(error?.remedy?.hasSuffix("no variant of it can be built here") == true)
    }

    @Test("a tool that the sandbox will not show is missing, and its place is told")
    func hidden() throws {
        try tool("rbee-cc")
        let error = #expect(throws: BuildError.self) { try requirements(sandboxed: true).check(.cpu) }
        #expect(error?.remedy?.contains("\(folder.path.appending("rbee-cc")) is there") == true)
    }

    @Test("a variant that the recipe does not have is a fault of the recipe")
    func unknownVariant() {
        var table = Self.table
        table.variants = [.cpu]
        let error = #expect(throws: BuildError.self) { try requirements(table).check(.rocm) }
        #expect(error?.code == .invalidRecipe)
    }

    @Test("versions are first lines; a tool that fails or floods has none")
    func versions() async throws {
        try tool("good", "echo 'good 1.2'; echo more")
        try tool("banner", "echo 'Cuda compiler driver'; echo 'Cuda compilation tools, release 12.4, V12.4.131'")
        try tool("failing", "echo 1.0; exit 1")
        try tool("flood", "exec yes")
        var table = Self.table
        table.requires = ["all": ["good", "banner", "failing", "flood", "absent"]]
        let versions = await requirements(table).versions(.cpu)
        #expect(versions == ["good": "good 1.2", "banner": "Cuda compilation tools, release 12.4, V12.4.131"])
    }
}
