import ArtifactTypes
import Processes
import SystemPackage
import TestSupport
import Testing
import WorkerBuild

/// Programs made by a real compiler, against libraries that bear the runtime's names.
@Suite(.enabled("no gcc") { findExecutable("gcc", path: "/usr/bin:/bin") != nil }, .timeLimit(.minutes(1)))
struct AcceleratorTests {
    let bench: Workbench
    let builder: WorkerBuilder

    init() async throws {
        bench = try Workbench()
        builder = WorkerBuilder(sandbox: try await Sandbox(mode: .off, environment: bench.environment))
    }

    func compile(_ source: String, _ lines: [String]) async throws -> FilePath {
        try bench.folder.write(source.utf8, to: "checkout/worker.c")
        return try await bench.build(Workbench.table(lines), mode: .off).binary
    }

    func check(_ binary: FilePath, _ variant: Accelerator) async -> BuildError.Code? {
        do {
            try await builder.checkAccelerator(of: binary, variant: variant)
            return nil
        } catch {
            return error.code
        }
    }

    static let plain = "int main(void) { return 0; }"
    static let stub = "int cudart(void) { return 0; }"

    @Test("a processor's build passes as cpu, and under no other name")
    func processor() async throws {
        let binary = try await compile(Self.plain, ["gcc worker.c -o worker"])
        #expect(await check(binary, .cpu) == nil)
        for variant in [Accelerator.cuda, .rocm, .metal] {
            #expect(await check(binary, variant) == .acceleratorMissing)
        }
    }

    @Test("a program that is linked to the runtime is of its accelerator")
    func linked() async throws {
        let library = "echo '\(Self.stub)' > rt.c; gcc -shared rt.c -Wl,-soname,LIB -o LIB; "
        let link = "gcc worker.c -Wl,--no-as-needed ./LIB -o worker"
        let cuda = (library + link).replacing("LIB", with: "libcudart.so.12")
        #expect(await check(try await compile(Self.plain, [cuda]), .cuda) == nil)
        let rocm = (library + link).replacing("LIB", with: "libamdhip64.so.6")
        let binary = try await compile(Self.plain, [rocm])
        #expect(await check(binary, .rocm) == nil)
        #expect(await check(binary, .cuda) == .acceleratorMissing)
    }

    @Test("a runtime that only sounds like it is another library")
    func soundsLike() async throws {
        let line =
            "echo '\(Self.stub)' > rt.c; gcc -shared rt.c -Wl,-soname,libcudart-emulator.so -o libcudart-emulator.so;"
        let link = "gcc worker.c -Wl,--no-as-needed ./libcudart-emulator.so -o worker"
        #expect(await check(try await compile(Self.plain, [line, link]), .cuda) == .acceleratorMissing)
    }

    @Test("a library of the worker's own may be what is linked to the runtime")
    func ownLibrary() async throws {
        let lines = [
            "echo '\(Self.stub)' > rt.c; gcc -shared rt.c -Wl,-soname,libcublas.so.12 -o libcublas.so.12",
            "echo 'int own(void) { return 1; }' > own.c",
            "gcc -shared own.c -Wl,--no-as-needed ./libcublas.so.12 -Wl,-soname,libown-cuda.so -o libown-cuda.so",
            "gcc worker.c -Wl,--no-as-needed,--allow-shlib-undefined libown-cuda.so -o worker",
        ]
        #expect(await check(try await compile(Self.plain, lines), .cuda) == nil)
    }

    @Test("a program that loads the runtime by name is of its accelerator; one that merely speaks of it is not")
    func loaded() async throws {
        let loads = "#include <dlfcn.h>\nint main(void) { return !dlopen(\"libcuda.so.1\", 1); }"
        #expect(await check(try await compile(loads, ["gcc worker.c -o worker -ldl"]), .cuda) == nil)
        let speaks = "#include <stdio.h>\nint main(void) { puts(\"no libcuda.so.1 here, sorry\"); return 0; }"
        #expect(await check(try await compile(speaks, ["gcc worker.c -o worker"]), .cuda) == .acceleratorMissing)
    }

    @Test("a program that carries code for the accelerator is of it")
    func carries() async throws {
        let section = "__attribute__((section(\".nv_fatbin\"))) int fat = 1;\n" + Self.plain
        #expect(await check(try await compile(section, ["gcc worker.c -o worker"]), .cuda) == nil)
        let text = "const char *ptx = \".version 8.0\\n.target sm_80\\n\";\n" + Self.plain
        #expect(await check(try await compile(text, ["gcc worker.c -o worker"]), .cuda) == nil)
    }

    @Test("a broken or hostile ELF file is looked at without harm")
    func hostile() async throws {
        let binary = try await compile(Self.plain, ["gcc worker.c -o worker"])
        let whole = try #require(try bytes(of: binary))
        for seed in 0..<60 {
            var generator = Seeded(state: UInt64(seed) + 1)
            var broken = whole
            for _ in 0..<30 {
                broken[Int.random(in: 4..<1024, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            if seed % 3 == 0 { broken.removeLast(Int.random(in: 1..<whole.count, using: &generator)) }
            let file = try bench.folder.write(broken, to: "broken")
            let code = await check(file, .cuda)
            #expect(code == nil || code == .acceleratorMissing)
        }
    }

    private func bytes(of path: FilePath) throws -> [UInt8]? {
        let file = try FileDescriptor.open(path, .readOnly)
        defer { try? file.close() }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
        return Array(buffer[..<count])
    }

    /// A generator that repeats itself, so that a failure can be repeated.
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }
}
