import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// Archives that are refused for what they hold while they still arrive. Each server falls silent once a part was sent: a
/// refusal that wanted the whole archive would wait for ever.
@Suite(.timeLimit(.minutes(1)))
struct RefusedArchiveTests {
    private let machine: Installation
    private static let name = "tool-1.0.0-linux-\(HostPlatform.current.arch)-cpu.tar.gz"

    init() throws { machine = try Installation() }

    /// Eight mebibytes that cannot be compressed, behind what `script` adds to the archive `t`.
    private func pack(_ script: String) throws -> TestBody {
        let lines = """
            import tarfile, io, os
            t = tarfile.open('\(machine.folder.path)/made', 'w:gz')
            def add(name, content):
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                t.addfile(entry, io.BytesIO(content))
            \(script)
            add('noise', os.urandom(8 << 20))
            t.close()
            """
        try machine.shell(["python3", "-c", lines])
        return .bytes(Array(try Data(contentsOf: URL(fileURLWithPath: "\(machine.folder.path)/made"))))
    }

    private var partials: [String] {
        get throws { try machine.storedFiles().filter { $0.hasPrefix("staging/partials") } }
    }

    @Test("a hostile entry ends the transfer, and nothing is kept of what came", arguments: [false, true])
    func hostile(isPinned: Bool) async throws {
        let body = try pack("add('bin/tool', b'#!/bin/sh\\necho it\\n'); add('../escaped', b'x')")
        let url = try machine.hub.addRelease(Self.name, body)
        let reference = isPinned ? url + "#sha256=\(try TestHub.sha256(of: body))" : url
        machine.hub.setFault(Fault(.stall(after: 2 << 20)), on: "/files/")
        let refused = try await machine.run("worker", "install", reference)
        #expect(refused.status == 65 && refused.errors.contains("../escaped"), "\(refused.errors)")
        #expect(try partials.isEmpty)
        // What its publisher has mended arrives.
        machine.hub.clearFaults()
        let good = try machine.hub.addRelease(Self.name, try pack("add('bin/tool', b'#!/bin/sh\\necho it\\n')"))
        let installed = try await machine.run("worker", "install", good)
        #expect(installed.status == 0, "\(installed.errors)")
    }

    @Test("where another source may have the right bytes, those of a hostile one are judged by their digest")
    func poisonedMirror() async throws {
        let good = try pack("add('bin/tool', b'#!/bin/sh\\necho it\\n')")
        let mirror = try TestHub.start()
        try machine.addVendor(
            "t.toml", "name = \"tarball\"\nmodule = \"tarball\"\n[tarball]\nmirrors = [\"\(mirror.hub)\"]\n")
        let url = try machine.hub.addRelease(Self.name, good)
        try mirror.addRelease(Self.name, try pack("add('../escaped', b'x')"))
        let installed = try await machine.run("worker", "install", url + "#sha256=\(try TestHub.sha256(of: good))")
        #expect(installed.status == 0, "\(installed.errors)")
        #expect(try partials.isEmpty)
    }

    @Test("what is larger than max-size is refused by that rule: as announced, as it comes, and as it is unpacked")
    func tooLarge() async throws {
        try machine.addVendor("t.toml", "name = \"tarball\"\nmodule = \"tarball\"\ntrust.max-size = \"1M\"\n")
        let rule = "max-size 1.0 MB"
        let noise = try machine.hub.addRelease(Self.name, try pack(""))
        machine.hub.forgetRequests()
        let announced = try await machine.run("worker", "install", noise)
        #expect(announced.status == 65 && announced.errors.contains(rule), "\(announced.errors)")
        #expect(!machine.hub.requests.contains { $0.method == "GET" && $0.path.hasSuffix(".tar.gz") })

        // A server that says no size.
        let head = "HTTP/1.1 200 OK\r\nETag: \"one\"\r\nConnection: close\r\n\r\n"
        machine.hub.setFault(Fault(.raw(Array(head.utf8) + [UInt8](repeating: 7, count: 2 << 20))), on: "/files/tool-")
        machine.hub.setFault(.status(404), on: "/files/\(Self.name).")
        let come = try await machine.run("worker", "install", noise)
        #expect(come.status == 65 && come.errors.contains("\(rule), and this is larger"), "\(come.errors)")
        #expect(come.errors.contains("t.toml:3"))
        machine.hub.clearFaults()

        let zeros = try pack("add('zeros', bytes(2 << 20)); t.close(); os.urandom = bytes; t = tarfile.open('x', 'w')")
        let bomb = try machine.hub.addRelease("zeros-1.0.0.tar.gz", zeros)
        let unpacked = try await machine.run("worker", "install", bomb)
        #expect(unpacked.status == 65 && unpacked.errors.contains("\(rule), and this is larger unpacked"))
        #expect(unpacked.errors.contains("t.toml:3"), "\(unpacked.errors)")
        #expect(try await machine.run("worker", "list", "--json").output == "[]\n")
    }
}
