import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// One machine's artifacts in a file, and a second store that takes them over.
@Suite struct ExportTests {
    let machine: Installation
    /// The second store, of a machine that could reach the same hub.
    let there: [String: String]
    let target: FilePath

    init() throws {
        machine = try Installation()
        target = machine.folder.path.appending("target")
        there = ["RBEE_HOME": target.string]
    }

    private func download(_ reference: String) async throws {
        let outcome = try await machine.run("model", "download", reference)
        try #require(outcome.status == 0, "\(outcome.errors)")
    }

    /// The files that are published or kept in the second store.
    private func stored() throws -> [String] {
        guard FileManager.default.fileExists(atPath: target.string) else { return [] }
        return try FileManager.default.subpathsOfDirectory(atPath: target.string).filter { path in
            ["blobs/", "models/", "workers/", "staging/", "pins/"].contains { path.hasPrefix($0) }
                && FileManager.default.contents(atPath: target.appending(path).string) != nil
        }
    }

    @Test("models are exported into one file, equal blobs once, and are found on another machine as they were")
    func models() async throws {
        let shared = Installation.gguf("tiny-Q4_K_M.gguf", .q4KM)
        try machine.hub.addModel("org/one", files: [shared], traits: ModelTraits(license: "apache-2.0"))
        try machine.hub.addModel("org/two", files: [shared])
        for name in ["one", "two"] { try await download("org/\(name):Q4_K_M") }
        try machine.folder.write(GGUFWriter.sized(megabytes: 1, seed: 9).bytes(), to: "own.gguf")
        #expect(try await machine.run("model", "import", "own.gguf", "--name", "me/own").status == 0)
        #expect(try await machine.run("model", "pin", "org/two:Q4_K_M").status == 0)
        let before = try await machine.run("model", "show", "org/one:Q4_K_M", "--json").json()

        let exported = try await machine.run("model", "export", "org/one", "org/two", "me/own", "org/one", "m.tar")
        #expect(exported.status == 0, "\(exported.errors)")
        #expect(exported.output.hasPrefix("hf:org/one:Q4_K_M\nhf:org/two:Q4_K_M\nfile:"))
        let file = machine.folder.path.appending("m.tar")
        let size = try file.stat().size
        #expect(size > 3 << 19 && size < 5 << 19, "two models of a MiB and a bit, of three")
        // Plain tar reads it, and makes of it what the store has.
        try machine.shell(["mkdir", "plain"])
        try machine.shell(["tar", "-xf", "m.tar", "-C", "plain"])
        try machine.shell(["sh", "-c", "cd plain && sha256sum --check --quiet SHA256SUMS"])
        try machine.shell([
            "cmp", "plain/models/hf%3Aorg--two%3AQ4_K_M/tiny-Q4_K_M.gguf",
            machine.store.appending("models/hf%3Aorg--two%3AQ4_K_M/tiny-Q4_K_M.gguf").string,
        ])
        let secondFile = try await machine.run("model", "export", "org/one", "org/two", "me/own", "-")
        #expect(secondFile.status == 0)

        let imported = try await machine.run("model", "import", "m.tar", environment: there)
        #expect(imported.status == 0, "\(imported.errors)")
        #expect(imported.output == exported.output)
        var after = try await machine.run("model", "show", "org/one:Q4_K_M", "--json", environment: there).json()
        for key in ["revision", "verified", "source", "digest", "config", "size", "name", "author", "pinned"] {
            #expect(after[key] == before[key], "\(key)")
        }
        let path = try await machine.run("model", "path", "org/one", environment: there).output
        #expect(path.hasPrefix(target.string))
        after = try await machine.run("model", "show", "org/two", "--json", environment: there).json()
        #expect(after["pinned"] == .bool(true))
        after = try await machine.run("model", "show", "me/own", "--json", environment: there).json()
        #expect(after["verified"] == .bool(false))
        #expect(try await machine.run("model", "verify", environment: there).status == 0)
        #expect(try await machine.run("catalog", "verify", environment: there).status == 0)
        #expect(try stored().filter { $0.hasPrefix("blobs/") }.count == 2)
        #expect(try stored().filter { $0.hasPrefix("staging/") } == [])

        // Never twice: one question, and none offline.
        machine.hub.forgetRequests()
        let again = try await machine.run("model", "download", "org/one:Q4_K_M", environment: there)
        #expect(again.status == 0 && again.errors.contains("is here already"))
        #expect(machine.hub.requests.count == 1)
        #expect(
            try await machine.run("model", "download", "org/two:Q4_K_M", "--offline", environment: there).status == 0)
        let twice = try await machine.run("model", "import", "m.tar", environment: there)
        #expect(twice.status == 0 && twice.output == imported.output && twice.errors.contains("is here already"))
    }

    @Test("an export replaces no file unless told to, and one that fails leaves nothing")
    func overwriting() async throws {
        try machine.addTinyModel()
        try await download("org/tiny:Q4_K_M")
        let file = try machine.folder.write(Array("mine".utf8), to: "m.tar")
        let refused = try await machine.run("model", "export", "org/tiny", "m.tar")
        #expect(refused.status == 73 && refused.errors.contains("--force"))
        #expect(FileManager.default.contents(atPath: file.string) == Data("mine".utf8))
        #expect(try await machine.run("model", "export", "org/tiny", "m.tar", "--force").status == 0)
        // What a killed one has left is taken over.
        try machine.folder.write(Array("half".utf8), to: ".m.tar.rbee-part")
        #expect(try await machine.run("model", "export", "org/tiny", "m.tar", "--force").status == 0)
        #expect(!FileManager.default.fileExists(atPath: machine.folder.path.appending(".m.tar.rbee-part").string))
        #expect(try await machine.run("model", "export", "org/none", "n.tar").status == 66)
        #expect(try await machine.run("model", "export", "n.tar").status == 64)

        let path = try await machine.run("model", "path", "org/tiny").output.trimmingCharacters(in: .newlines)
        chmod(path, 0o600)
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        try handle.seek(toOffset: 1 << 19)
        try handle.write(contentsOf: Data("flipped".utf8))
        try handle.close()
        let damaged = try await machine.run("model", "export", "org/tiny", "n.tar")
        #expect(
            damaged.status == 65 && damaged.errors.contains("verify hf:org/tiny:Q4_K_M --repair"), "\(damaged.errors)")
        let left = try FileManager.default.contentsOfDirectory(atPath: machine.folder.path.string)
        #expect(left.filter { $0.contains("n.tar") } == [])
    }

    /// Changes to an export, as Python that has the `members` of the archive: pairs of a header and its content.
    private static let hostile: [(name: String, change: String)] = [
        ("an entry more", "members.append((info('../../escaped', b'x'), b'x'))"),
        ("an entry less", "members.pop()"),
        ("no artifact", "edit(lambda m: m['artifacts'].clear()); del members[2:]"),
        ("an absolute name", "members[2][0].name = '/tmp/escaped'"),
        ("a name that climbs", "members[2][0].name = 'models/../../escaped'"),
        ("another name", "members[2][0].name += 'x'"),
        (
            "a link for a file",
            "members[2][0].type = tarfile.SYMTYPE; members[2][0].linkname = '/etc/passwd'; members[2][0].size = 0; members[2] = (members[2][0], b'')"
        ),
        (
            "a device for a file",
            "members[2][0].type = tarfile.CHRTYPE; members[2][0].size = 0; members[2] = (members[2][0], b'')"
        ),
        ("other content", "members[2] = (members[2][0], members[2][1][:-1] + b'x')"),
        ("longer content", "put(2, members[2][1] + b'x')"),
        ("shorter content", "put(2, members[2][1][:-1])"),
        ("no manifest first", "members.reverse()"),
        ("the manifest twice", "members.insert(1, members[0])"),
        (
            "a path of the manifest that climbs",
            "edit(lambda m: m['artifacts'][0]['artifact']['files'][0].update(path='../../escaped'))"
        ),
        (
            "a digest of the manifest changed",
            "edit(lambda m: m['artifacts'][0]['artifact']['files'][0].update(digest='sha256:' + '0' * 64))"
        ),
        (
            "a size beyond all disks",
            "edit(lambda m: [f.update(size=2**62) for f in m['artifacts'][0]['artifact']['files']])"
        ),
        ("a negative size", "edit(lambda m: m['artifacts'][0]['artifact']['files'][0].update(size=-1))"),
        ("an artifact twice", "edit(lambda m: m['artifacts'].append(m['artifacts'][0]))"),
        ("an id that is another's", "edit(lambda m: m['artifacts'][0]['artifact'].update(id='hf:org/other'))"),
        (
            "an entry path that climbs",
            "edit(lambda m: m['artifacts'][0]['artifact']['entry'].update(path='../../escaped'))"
        ),
        ("an entry of other files", "edit(lambda m: m['artifacts'][0]['artifact']['entry']['config']['files'].pop())"),
        (
            "a link out of the tree",
            "edit(lambda m: m['artifacts'][0]['artifact'].update(links=[{'path': 'link', 'target': '../../../escaped'}])); l = tarfile.TarInfo(members[2][0].name.rsplit('/', 1)[0] + '/link'); l.type = tarfile.SYMTYPE; l.linkname = '../../../escaped'; members.append((l, b''))"
        ),
        ("a version to come", "edit(lambda m: m.update(version=2))"),
        ("a license of the manifest changed", "put(0, members[0][1].replace(b'apache-2.0', b'mit-000000'))"),
        ("sums of something else", "members[1] = (members[1][0], bytes([members[1][1][0] ^ 1]) + members[1][1][1:])"),
        ("a manifest that is none", "put(0, b'{}')"),
    ]

    static let rewriter = """
        import hashlib, io, json, sys, tarfile
        members = []
        with tarfile.open(sys.argv[1]) as archive:
            for member in archive:
                members.append((member, archive.extractfile(member).read() if member.isfile() else b''))
        def info(name, data):
            header = tarfile.TarInfo(name)
            header.size = len(data)
            return header
        def put(index, data):
            members[index][0].size = len(data)
            members[index] = (members[index][0], data)
        def edit(change):
            manifest = json.loads(members[0][1])
            change(manifest)
            put(0, json.dumps(manifest).encode())
            names = [line.split('  ', 1)[1] for line in members[1][1].decode().splitlines()[1:]]
            files = [f for a in manifest['artifacts'] for f in a['artifact']['files']]
            sums = [hashlib.sha256(members[0][1]).hexdigest() + '  rbee-export.json\\n']
            sums += [f['digest'][7:] + '  ' + name + '\\n' for f, name in zip(files, names)]
            put(1, ''.join(sums).encode())
        exec(sys.argv[3])
        with tarfile.open(sys.argv[2], 'w', format=tarfile.PAX_FORMAT) as archive:
            for header, data in members:
                archive.addfile(header, io.BytesIO(data))
        """

    @Test("a hostile export is refused, and nothing is written", arguments: hostile.map(\.name))
    func hostileExports(name: String) async throws {
        try machine.addTinyModel()
        try await download("org/tiny:Q4_K_M")
        #expect(try await machine.run("model", "export", "org/tiny", "m.tar").status == 0)
        let change = try #require(Self.hostile.first { $0.name == name }).change
        try machine.shell(["python3", "-c", Self.rewriter, "m.tar", "h.tar", change])
        let outcome = try await machine.run("model", "import", "h.tar", environment: there)
        // What does not begin with a manifest is no export, and no model either.
        #expect(outcome.status == (name == "no manifest first" ? 64 : 65), "\(outcome.errors)")
        if name.hasSuffix("content") || name.contains("for a file") || name.hasSuffix("another name") {
            #expect(
                outcome.errors.contains("archive entry \"models/hf%3Aorg--tiny%3AQ4_K_M/tiny-Q4_K_M.gguf"),
                "\(outcome.errors)")
        }
        // A link is judged where it lies, when the content is here already.
        if name == "a link out of the tree" { #expect(try await machine.run("gc", environment: there).status == 0) }
        #expect(try stored() == [])
        #expect(try await machine.run("model", "list", "--json", environment: there).output == "[]\n")
        let names = try FileManager.default.subpathsOfDirectory(atPath: machine.folder.path.string)
        #expect(!names.contains { $0.contains("escaped") })
    }

    @Test("an export that is cut short or changed in any part is refused", arguments: [0.0, 0.02, 0.3, 0.6, 0.999])
    func damaged(place: Double) async throws {
        try machine.addTinyModel()
        try await download("org/tiny:Q4_K_M")
        #expect(try await machine.run("model", "export", "org/tiny", "m.tar").status == 0)
        let whole = try Data(contentsOf: URL(fileURLWithPath: machine.folder.path.appending("m.tar").string))
        // Behind the head by which an export is known, and before the zeros at the end.
        let end = whole.count - 1024
        let position = 700 + Int(place * Double(end - 1400))
        var flipped = whole
        flipped[position] ^= 0x20
        for (name, bytes) in [
            ("flipped.tar", flipped), ("cut.tar", whole.prefix(position)), ("end.tar", whole.prefix(end)),
            ("twice.tar", whole + whole), ("more.tar", whole + Array("more".utf8)),
        ] {
            try machine.folder.write(Array(bytes), to: name)
            let outcome = try await machine.run("model", "import", name, environment: there)
            #expect(outcome.status == 65, "\(name): \(outcome.errors)")
            #expect(outcome.errors.contains("nothing was imported"), "\(outcome.errors)")
            #expect(try stored() == [], "\(name)")
        }
    }

    @Test("a worker is exported and runs on the other machine; one for another machine is refused")
    func worker() async throws {
        let url = machine.hub.addGit("worker", repository: try machine.makeWorkerRepository().appending(".git"))
        try machine.addWorkerVendor(url: url)
        let built = try await machine.run("worker", "build", "cpu")
        try #require(built.status == 0, "\(built.errors)")
        let exported = try await machine.run("worker", "export", "demo-worker", "w.tar")
        #expect(exported.output == built.output, "\(exported.errors)")

        #expect(try await machine.run("model", "import", "w.tar", environment: there).status == 64)
        let imported = try await machine.run("worker", "import", "w.tar", environment: there)
        #expect(imported.output == built.output, "\(imported.errors)")
        let path = try await machine.run("worker", "path", "demo-worker", environment: there).output
            .trimmingCharacters(in: .newlines)
        #expect(path.hasPrefix(target.string))
        #expect(try machine.shell([path, "--version"]) == "demo-worker 1.0.0 (cpu)")
        let before = try await machine.run("worker", "show", "demo-worker", "--json").json()
        let after = try await machine.run("worker", "show", "demo-worker", "--json", environment: there).json()
        for key in ["repository", "commit", "recipe", "toolchain", "sandboxed", "seconds"] {
            #expect(after["provenance"]?[key] == before["provenance"]?[key])
        }
        #expect(before["provenance"]?["imported"] == .bool(false) && after["provenance"]?["imported"] == .bool(true))
        #expect(after["verified"] == before["verified"])
        #expect(try await machine.run("worker", "verify", environment: there).status == 0)
        machine.hub.forgetRequests()
        let again = try await machine.run("worker", "build", "cpu", environment: there)
        #expect(again.status == 0 && again.errors.contains("is here already"), "\(again.errors)")

        let change = "edit(lambda m: m['artifacts'][0]['artifact']['entry'].update(platform='windows'))"
        try machine.shell(["python3", "-c", Self.rewriter, "w.tar", "other.tar", change])
        let other = ["RBEE_HOME": machine.folder.path.appending("other").string]
        let refused = try await machine.run("worker", "import", "other.tar", environment: other)
        #expect(refused.status == 64 && refused.errors.contains("windows"), "\(refused.errors)")
        #expect(try await machine.run("worker", "import", "vendors.d/demo.toml", environment: other).status == 65)
    }
}
