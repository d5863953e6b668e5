import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// Archives as other people pack them, and what is no worker at all.
@Suite struct WorkerArchiveTests {
    private let machine: Installation
    private static let suffix = "linux-\(HostPlatform.current.arch)-cpu"

    init() throws { machine = try Installation() }

    /// Packs what a shell script has made in an empty folder, and returns the archive's reference.
    private func pack(_ name: String, _ script: String) throws -> String {
        let folder = machine.folder.path.appending("made-\(name)")
        try machine.shell(["mkdir", folder.string])
        try machine.shell(["sh", "-e", "-c", "cd '\(folder)'\n\(script)"])
        let file = machine.folder.path.appending("\(name)-1.0.0-\(Self.suffix).tar.gz")
        try machine.shell(["sh", "-c", "cd '\(folder)' && tar -czf '\(file)' $(ls -A)"])
        return "file:\(file)"
    }

    @Test(
        "the program is found at the root, behind a link, and without its execute bit",
        arguments: [
            ("root", "printf '#!/bin/sh\\necho it\\n' > root; cp root other; cp root lib.so; chmod 755 *"),
            (
                "link",
                "mkdir bin lib; printf '#!/bin/sh\\necho it\\n' > lib/real; cp lib/real bin/b; cp lib/real bin/c; chmod 755 bin/* lib/*; ln -s ../lib/real bin/link"
            ),
            (
                "deep",
                "mkdir -p build/bin; for n in deep other; do printf '#!/bin/sh\\necho it\\n' > build/bin/$n; done; touch LICENSE; chmod 755 build/bin/*"
            ),
            (
                "same",
                "p=x/bin/same-cpu-1.0.0-linux; mkdir -p x/bin; touch x/y; printf '#!/bin/sh\\necho it\\n' > $p; chmod 755 $p"
            ),
            (
                "dangling",
                "printf '#!/bin/sh\\necho it\\n' > dangling; chmod 755 dangling; mkdir lib; ln -s libcuda.so.1 lib/libcuda.so"
            ),
            ("plain", "mkdir bin; printf '#!/bin/sh\\necho it\\n' > bin/plain; touch LICENSE; chmod 644 bin/plain"),
            (
                "alone",
                "printf '#!/bin/sh\\necho it\\n' > it; touch libx.so libx.so.1 ._it; chmod 755 it libx.so libx.so.1 ._it"
            ),
        ])
    func found(name: String, script: String) async throws {
        let installed = try await machine.run("worker", "install", try pack(name, script))
        #expect(installed.output == "\(name)-cpu-1.0.0-linux\n", "\(installed.errors)")
        let path = try await machine.run("worker", "path", name).output.trimmingCharacters(in: .newlines)
        #expect(try machine.shell([path]) == "it")
        #expect(try await machine.run("worker", "verify", name).status == 0)
        // What is published and what leaves for another machine agree.
        #expect(try await machine.run("worker", "export", name, "w.tar").status == 0)
        let there = ["RBEE_HOME": machine.folder.path.appending("there").string]
        let imported = try await machine.run("worker", "import", "w.tar", environment: there)
        #expect(imported.status == 0, "\(imported.errors)")
        let other = try await machine.run("worker", "path", name, environment: there).output
        #expect(try machine.shell([other.trimmingCharacters(in: .newlines)]) == "it")
    }

    @Test(
        "what is no program is not installed, whether it would be run or not",
        arguments: [
            (bytes: [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C, 0, 4], says: "a 7-Zip archive"),
            (bytes: Array("Rar!\u{1A}\u{07}\u{01}".utf8), says: "a RAR archive"), (bytes: [], says: "empty"),
            (bytes: Array("exit 0\n".utf8), says: "of no known format"),
        ])
    func noProgram(bytes: [UInt8], says: String) async throws {
        let file = try machine.folder.write(bytes, to: "tool-1.0.0-linux")
        for more in [[], ["--no-smoke-test"]] {
            let outcome = try await machine.start(["worker", "install", "file:\(file)"] + more).outcome()
            #expect(outcome.status == 65 && outcome.errors.contains(says), "\(outcome.errors)")
        }
        #expect(try await machine.run("worker", "list", "--json").output == "[]\n")
    }

    @Test("a damaged worker is told of with the command that mends it, and that does")
    func damaged() async throws {
        let reference = try pack(
            "tool", "touch LICENSE; mkdir bin; printf '#!/bin/sh\\necho it\\n' > bin/tool; chmod 755 bin/tool")
        #expect(try await machine.run("worker", "install", reference).status == 0)
        let path = try await machine.run("worker", "path", "tool").output.trimmingCharacters(in: .newlines)
        try machine.shell(["sh", "-c", "chmod 755 '\(path)'; printf '#!/bin/sh\\necho IT\\n' > '\(path)'"])
        let command = "worker install \(reference) --name tool --variant cpu --version 1.0.0 --force"
        let verified = try await machine.run("worker", "verify", "tool")
        #expect(verified.status == 65 && verified.errors.contains(command), "\(verified.errors)")
        let exported = try await machine.run("worker", "export", "tool", "w.tar")
        #expect(exported.status == 65 && exported.errors.contains(command), "\(exported.errors)")
        let mended = try await machine.start(command.split(separator: " ").map(String.init)).outcome()
        #expect(mended.status == 0, "\(mended.errors)")
        #expect(try machine.shell([path]) == "it")
        #expect(try await machine.run("worker", "verify", "tool").status == 0)

        let folder = FilePath(path).removingLastComponent().removingLastComponent()
        try machine.shell(["sh", "-c", "chmod -R u+w '\(folder)'; rm -r '\(folder)'"])
        let gone = try await machine.run("worker", "verify", "tool")
        #expect(gone.status == 65 && gone.errors.contains(command), "\(gone.errors)")
        let again = try await machine.run("worker", "install", reference)
        #expect(again.status == 0, "\(again.errors)")
        #expect(try machine.shell([path]) == "it")
    }

    /// The command that verify names for a worker that has been damaged, run as a shell runs it.
    private func mend(_ worker: String, _ environment: [String: String] = [:]) async throws -> String {
        let path = try await machine.run("worker", "path", worker, environment: environment).output
            .trimmingCharacters(in: .newlines)
        try machine.shell(["sh", "-c", "chmod u+w '\(path)'; echo '#' >> '\(path)'"])
        let verified = try await machine.run("worker", "verify", worker, environment: environment)
        #expect(verified.status == 65)
        let line = try #require(verified.errors.split(separator: "\n").first { $0.contains("--force makes it again") })
        let start = try #require(line.firstRange(of: "rbee-hive worker install ")).lowerBound
        let command = String(line[start...].replacing(" makes it again", with: ""))
        let variables = environment.map { "\($0.key)=\($0.value) " }.joined()
        let program = Installation.programs.appending("rbee-hive").string
        try machine.shell([
            "sh", "-c", variables + command.replacing("rbee-hive", with: "'\(program)'", maxReplacements: 1),
        ])
        #expect(try await machine.run("worker", "verify", worker, environment: environment).status == 0)
        return command
    }

    @Test(
        "the command that mends a worker keeps its pin, its version and its first run",
        arguments: [
            ["--smoke-test", "self test"], ["--no-smoke-test"], ["--version", "3.1", "--name", "other"],
            ["--sandbox", "off"],
        ])
    func mended(options: [String]) async throws {
        // Only `self test` is answered.
        let script = options.contains("self test") ? "test \"$*\" = \"self test\"" : "true"
        let file = try pack("tool", "printf '#!/bin/sh\\n\(script)\\n' > tool; chmod 755 tool").dropFirst("file:".count)
        let body = TestBody.bytes(Array(try Data(contentsOf: URL(fileURLWithPath: String(file)))))
        let url = try machine.hub.addRelease("tool-1.0.0-\(Self.suffix).tar.gz", body)
        let pin = "#sha256=\(try TestHub.sha256(of: body))"
        let installed = try await machine.start(["worker", "install", url + pin] + options).outcome()
        try #require(installed.status == 0, "\(installed.errors)")
        let id = installed.output.trimmingCharacters(in: .newlines)
        let command = try await mend(id)
        #expect(command.contains(url + pin))
        #expect(try await machine.run("worker", "show", id, "--json").json()["verified"] == .bool(true))
        #expect(try await machine.run("worker", "list", "--json").json().arrayValue?.count == 1)
    }

    @Test("a worker that was imported is mended by importing its export again, even where no size changed")
    func mendedByImport() async throws {
        let reference = try pack("tool", "printf '#!/bin/sh\\necho it\\n' > tool; chmod 755 tool")
        #expect(try await machine.run("worker", "install", reference).status == 0)
        #expect(try await machine.run("worker", "export", "tool", "w.tar").status == 0)
        let there = ["RBEE_HOME": machine.folder.path.appending("there").string]
        #expect(try await machine.run("worker", "import", "w.tar", environment: there).status == 0)
        let path = try await machine.run("worker", "path", "tool", environment: there).output
            .trimmingCharacters(in: .newlines)
        try machine.shell(["sh", "-c", "chmod 755 '\(path)'; printf '#!/bin/sh\\necho IT\\n' > '\(path)'"])
        let verified = try await machine.run("worker", "verify", "tool", environment: there)
        #expect(verified.status == 65 && verified.errors.contains("importing its export again mends it"))
        let again = try await machine.run("worker", "import", "w.tar", environment: there)
        #expect(again.status == 0, "\(again.errors)")
        #expect(try machine.shell([path]) == "it")
        #expect(try await machine.run("worker", "verify", "tool", environment: there).status == 0)
    }

    @Test("an import changes no version in use, takes up the first of its name, and says what it cannot read")
    func imports() async throws {
        func archive(_ version: String) throws -> String {
            "\(try pack("tool-\(version)", "printf '#!/bin/sh\\necho \(version)\\n' > tool; chmod 755 tool"))"
        }
        let old = try archive("1")
        let new = try archive("2")
        let there = ["RBEE_HOME": machine.folder.path.appending("there").string]
        let options = ["--name", "tool", "--version", "2"]
        #expect(try await machine.start(["worker", "install", new] + options).outcome().status == 0)
        #expect(try await machine.run("worker", "export", "tool", "new.tar").status == 0)
        let first = try await machine.run(
            "worker", "install", old, "--name", "tool", "--version", "1", environment: there)
        #expect(first.status == 0, "\(first.errors)")
        let imported = try await machine.run("worker", "import", "new.tar", environment: there)
        #expect(imported.status == 0, "\(imported.errors)")
        #expect(imported.errors.contains("tool is still tool-cpu-1-linux"), "\(imported.errors)")
        #expect(imported.errors.contains("worker use tool-cpu-2-linux"), "\(imported.errors)")
        let path = try await machine.run("worker", "path", "tool", environment: there).output
        #expect(path.contains("tool-cpu-1-linux"))

        let empty = ["RBEE_HOME": machine.folder.path.appending("empty").string]
        let taken = try await machine.run("worker", "import", "new.tar", environment: empty)
        #expect(taken.status == 0 && !taken.errors.contains("is still"), "\(taken.errors)")
        #expect(
            FileManager.default.fileExists(
                atPath: machine.folder.path.appending("empty/current/tool/program").string))

        try machine.shell(["mkfifo", "pipe"])
        for (name, status, text) in [
            ("nope.tar", 66, "no such file"), ("-", 64, "read twice"), ("pipe", 64, "read twice"),
        ] {
            let outcome = try await machine.run("worker", "import", name)
            #expect(outcome.status == Int32(status) && outcome.errors.contains(text), "\(name): \(outcome.errors)")
        }
        let change = "edit(lambda m: m.update(version=2))"
        try machine.shell(["python3", "-c", ExportTests.rewriter, "new.tar", "two.tar", change])
        let later = try await machine.run("worker", "import", "two.tar", environment: there)
        #expect(later.status == 65 && later.errors.contains("of version 2"), "\(later.errors)")
        #expect(!later.errors.contains("DecodingError"))
    }

    @Test("a link that cannot be made is told before anything is fetched, and changes no version")
    func links() async throws {
        func archive(_ version: String) throws -> String {
            try pack("tool-\(version)", "printf '#!/bin/sh\\necho \(version)\\n' > tool; chmod 755 tool")
        }
        let first = try archive("1")
        let second = try archive("2")
        let bin = machine.folder.path.appending("a/bin")
        func install(_ reference: String, _ version: String, into folder: String) async throws -> Outcome {
            try await machine.run(
                "worker", "install", reference, "--name", "tool", "--version", version, "--link", folder)
        }
        let made = try await install(first, "1", into: bin.string)
        #expect(made.status == 0, "\(made.errors)")
        try machine.folder.write(Array("mine".utf8), to: "b/tool")
        let file = try machine.folder.write(Array("mine".utf8), to: "file")
        for folder in [machine.folder.path.appending("b").string, "\(file)", "\(file)/below", "/proc/nowhere"] {
            let outcome = try await install(second, "2", into: folder)
            #expect(outcome.status == 73, "\(folder): \(outcome.errors)")
            #expect(!outcome.errors.contains("NSCocoaErrorDomain"), "\(outcome.errors)")
            // Whether the kernel takes a folder in /proc is seen only when it is made.
            let isInstalled = try await machine.run("worker", "list", "--json").output.contains("tool-cpu-2")
            #expect(isInstalled == (folder == "/proc/nowhere"))
            #expect(try machine.shell([bin.appending("tool").string]) == "1")
        }
        #expect(try await install(second, "2", into: "").status == 64)
        #expect(try await install(second, "2", into: bin.string).status == 0)
        #expect(try machine.shell([bin.appending("tool").string]) == "2")
    }

    @Test("many files are made durable together when they are imported, as when they are installed")
    func manyFiles() async throws {
        let reference = try pack(
            "many", "printf '#!/bin/sh\\n' > many; chmod 755 many; for n in $(seq 200); do echo $n > $n; done")
        #expect(try await machine.run("worker", "install", reference).status == 0)
        #expect(try await machine.run("worker", "export", "many", "w.tar").status == 0)
        #expect(try await machine.run("worker", "remove", "many").status == 0)
        let syncs = try await FailingDisk(machine, calls: FailingDisk.syncs).log(["worker", "import", "w.tar"])
        #expect(syncs.count < 60, "\(syncs.count) calls")
        #expect(try await machine.run("worker", "verify", "many").status == 0)
    }
}
