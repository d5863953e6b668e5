import Archives
import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("Hostile archives")
struct HostileArchiveTests {
    private func refuse(_ hostile: HostileArchive) async throws {
        let workshop = try Workshop()
        let archive = TarBuilder.archive {
            $0.file("innocent-beginning")
            hostile.build(&$0)
            $0.file("innocent-end")
        }
        let error = await #expect(throws: ArchiveError.self) { try await workshop.extract(archive) }
        #expect(error?.code == hostile.code)
        if let entry = hostile.entry { #expect(error?.entry?.utf8.elementsEqual(entry.utf8) == true) }
        #expect(error?.description.unicodeScalars.contains { $0.value < 0x20 } == false)
        #expect(try workshop.targetIsEmpty)
        #expect(try workshop.neighboursAreUntouched(besides: ["archive"]))
    }

    @Test("a hostile name is refused, named, and nothing remains", arguments: HostileArchive.names)
    func names(hostile: HostileArchive) async throws { try await refuse(hostile) }

    @Test("a link that leaves the tree is refused, named, and nothing remains", arguments: HostileArchive.links)
    func links(hostile: HostileArchive) async throws { try await refuse(hostile) }

    @Test("a type, mode or second name is refused, named, and nothing remains", arguments: HostileArchive.types)
    func types(hostile: HostileArchive) async throws { try await refuse(hostile) }

    @Test("a size beyond all bounds is refused before it is written", arguments: HostileArchive.sizes)
    func sizes(hostile: HostileArchive) async throws { try await refuse(hostile) }

    /// What Python's zipfile writes, by an external attribute and a name.
    struct HostileZip: Sendable, CustomTestStringConvertible {
        let name: String
        let entry: String
        let mode: String
        let content: String
        var testDescription: String { name }

        static let all = [
            HostileZip(name: "a climbing name", entry: "../x", mode: "0o100644", content: "x"),
            HostileZip(name: "an absolute name", entry: "/tmp/x", mode: "0o100644", content: "x"),
            HostileZip(name: "a link to a neighbour", entry: "l", mode: "0o120777", content: "../victim"),
            HostileZip(name: "a link to an absolute path", entry: "l", mode: "0o120777", content: "/etc/passwd"),
            HostileZip(name: "a character device", entry: "d", mode: "0o020644", content: ""),
            HostileZip(name: "a socket", entry: "s", mode: "0o140644", content: ""),
            HostileZip(name: "a set-user-id bit", entry: "s", mode: "0o104755", content: "x"),
        ]
    }

    @Test("a hostile entry of a zip is refused, named, and nothing remains", arguments: HostileZip.all)
    func zips(hostile: HostileZip) async throws {
        let workshop = try Workshop()
        let script = """
            import zipfile
            with zipfile.ZipFile("archive", "w") as archive:
                archive.writestr("innocent", "content")
                info = zipfile.ZipInfo("\(hostile.entry)")
                info.create_system = 3
                info.external_attr = \(hostile.mode) << 16
                archive.writestr(info, "\(hostile.content)")
            """
        try run(["python3", "-c", script], in: workshop.directory.path)
        let error = await #expect(throws: ArchiveError.self) { try await workshop.extract(workshop.path("archive")) }
        #expect(error?.code == .unsafe)
        #expect(error?.entry == hostile.entry)
        #expect(try workshop.targetIsEmpty)
        #expect(try workshop.neighboursAreUntouched(besides: ["archive"]))
    }

    @Test("an encrypted entry is refused and named")
    func encrypted() async throws {
        let workshop = try Workshop()
        let source = try workshop.folder("source", ["secret": "content"])
        try run(
            [
                "bsdtar", "--format=zip", "--options=encryption=zipcrypt", "--passphrase=pass", "-cf", "../archive",
                "secret",
            ],
            in: source)
        let error = await #expect(throws: ArchiveError.self) { try await workshop.extract(workshop.path("archive")) }
        #expect(error?.code == .unsupportedFormat)
        #expect(error?.entry == "secret")
        #expect(try workshop.targetIsEmpty)
    }

    @Test("no link at all is made where the policy allows none")
    func noLinks() async throws {
        let workshop = try Workshop()
        let archive = TarBuilder.archive {
            $0.file("file")
            $0.symbolicLink("l", to: "file")
        }
        let error = await #expect(throws: ArchiveError.self) {
            try await workshop.extract(archive, ExtractionPolicy(allowsLinks: false))
        }
        #expect(error?.code == .unsafe)
        #expect(error?.entry == "l")
    }

    @Test("a name with control characters reaches no terminal as it is")
    func escapedMessage() async throws {
        let workshop = try Workshop()
        let error = await #expect(throws: ArchiveError.self) {
            try await workshop.extract(TarBuilder.archive { $0.file("\u{1B}[2Jx") })
        }
        #expect(
            error?.description
                == "archive entry \"\\u{1b}[2Jx\": it has a control or invisible character")
    }
}
