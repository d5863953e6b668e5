import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

@Suite struct TerminalTests {
    /// Runs a program on a terminal of a width of its own, and prints what it wrote there.
    private static let onTerminal = """
        import fcntl, os, pty, struct, sys, termios
        child, terminal = pty.fork()
        if child == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
            os.execv(sys.argv[2], sys.argv[2:])
        while True:
            try:
                written = os.read(terminal, 65536)
            except OSError:
                break
            if not written:
                break
            os.write(1, written)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """

    @Test("the plan comes before the bytes, and no line of bars is wider than the terminal", arguments: [40, 80, 200])
    func bars(width: Int) async throws {
        let machine = try Installation()
        let names = (1...3).map { "UD-Q4_K_XL/A-Long-Name-模型-Instruct-2512-UD-Q4_K_XL-0000\($0)-of-00003.gguf" }
        let files = names.enumerated().map { Installation.gguf($1, .q4KM, seed: UInt64($0) + 1) }
        try machine.hub.addModel("org/long", files: files)
        machine.hub.setFault(Fault(.rate(bytesPerSecond: 1_000_000)), on: "/cdn/")
        let program = try RunningProgram(
            "/usr/bin/env",
            [
                "python3", "-c", Self.onTerminal, "\(width)", Installation.programs.appending("rbee-hive").string,
                "model", "download", "org/long:Q4_K_XL",
            ], environment: machine.environment.merging(["NO_COLOR": "1"]) { $1 }, scratch: machine.folder.path)
        let outcome = try await program.outcome()
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")

        let lines = outcome.output.replacing("\u{1B}[1A", with: "").replacing("\r\u{1B}[2K", with: "")
            .replacing("\u{1B}[2K", with: "").split(separator: "\r\n").map(String.init)
        let bars = lines.filter { $0.hasPrefix("total") || $0.contains("░") }
        #expect(bars.count > 4)
        // Each of the two Chinese characters takes two columns.
        for bar in bars { #expect(bar.count + 2 <= width || !bar.contains("模") && bar.count < width, "\(bar)") }
        let plan = try #require(lines.firstIndex { $0.hasPrefix("3 files, ") })
        #expect(plan < (lines.firstIndex { $0.contains("░") } ?? 0))
        #expect(lines[plan - 1].hasSuffix("-of-00003.gguf"))
        #expect(lines.last == "hf:org/long:UD-Q4_K_XL")
    }

    @Test("a file of very many is no line of its own in a pipe, and the plan names the largest")
    func manyFiles() async throws {
        let machine = try Installation()
        try machine.hub.addModel("org/many", files: (0..<40).map { TestFile("notes/\($0).txt", text: "note \($0)\n") })
        let outcome = try await machine.run("model", "download", "org/many")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("and 30 more"), "\(outcome.errors)")
        #expect(outcome.errors.contains("40 files, 310 B to fetch"), "\(outcome.errors)")
        #expect(!outcome.errors.contains("done"))
        #expect(outcome.output == "hf:org/many\n")
    }
}
