import ArtifactTypes
import Testing

@testable import GitCheckout

@Suite("git's wire format")
struct WireTests {
    static let id = String(repeating: "a1", count: 20)

    /// An answer to a fetch of version 2: the edge, a message, keep-alives, the pack's bytes in two packets.
    static var answer: [UInt8] {
        var packets = PacketWriter()
        packets.line("shallow-info\n")
        packets.line("shallow \(id)\n")
        packets.delimiter()
        packets.line("packfile\n")
        packets.line("\u{2}Counting objects\n")
        packets.line("\u{1}PACK")
        packets.line("\u{1}")
        packets.line("\u{1}rest")
        packets.flush()
        return packets.bytes
    }

    @Test("an answer means the same however it is cut", arguments: [1, 2, 3, 5, 7, 64, 4096])
    func cuts(size: Int) throws {
        var answer = FetchAnswer(version: .v2)
        var pack: [UInt8] = []
        var rest = Self.answer[...]
        while !rest.isEmpty {
            pack += try answer.feed(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        #expect(String(decoding: pack, as: UTF8.self) == "PACKrest")
        #expect(answer.shallow == [Self.id])
        #expect(answer.isComplete)
    }

    @Test("a keep-alive is no progress")
    func keepAlive() throws {
        var answer = FetchAnswer(version: .v2)
        _ = try answer.feed(Array(Self.answer.prefix(80)))
        #expect(try answer.feed(Array("0005\u{1}".utf8)).isEmpty == true)
    }

    @Test("what the server says after ERR is told, escaped and short")
    func serverError() throws {
        var packets = PacketWriter()
        packets.line("ERR no \u{1B}[31mway\n")
        let bytes = packets.bytes
        let error = #expect(throws: GitError.self) {
            var answer = FetchAnswer(version: .v2)
            _ = try answer.feed(bytes)
        }
        #expect(error?.code == .refused)
        #expect(error?.message == "the server says: no \\u{1b}[31mway")
    }

    @Test("mutated answers end in an error or a result, never in a trap")
    func mutations() throws {
        var generator = SystemRandomNumberGenerator()
        var seed = generator.next()
        func next(below bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % bound
        }
        let start = seed
        var failures = 0
        for _ in 0..<20_000 {
            var bytes = Self.answer
            for _ in 0...next(below: 4) { bytes[next(below: bytes.count)] = UInt8(next(below: 256)) }
            bytes.removeLast(next(below: bytes.count))
            for version in [GitAdvertisement.Version.v0, .v2] {
                var answer = FetchAnswer(version: version)
                do { _ = try answer.feed(bytes) } catch { failures += 1 }
            }
            do { _ = try GitAdvertisement(bytes) } catch { failures += 1 }
        }
        #expect(failures > 0, "seed \(start)")
    }

    @Test("an advertisement of version 0 lists refs, peeled, and HEAD's branch")
    func version0() throws {
        let other = String(repeating: "b2", count: 20)
        var packets = PacketWriter()
        packets.line("# service=git-upload-pack\n")
        packets.flush()
        packets.line("\(Self.id) HEAD\0side-band-64k shallow symref=HEAD:refs/heads/main agent=git/2.39\n")
        packets.line("\(Self.id) refs/heads/main\n")
        packets.line("\(other) refs/tags/v1\n")
        packets.line("\(Self.id) refs/tags/v1^{}\n")
        packets.flush()
        let server = try GitAdvertisement(packets.bytes)
        #expect(server.version == .v0)
        #expect(server.capabilities["shallow"] == "")
        #expect(server.references.find(.head)?.ref == "refs/heads/main")
        #expect(server.references.tag(at: Self.id) == "v1")
    }

    @Test("a repository of SHA-256 ids is refused as such")
    func sha256() throws {
        var packets = PacketWriter()
        packets.line("version 2\n")
        packets.line("object-format=sha256\n")
        packets.flush()
        let bytes = packets.bytes
        #expect(throws: GitError.self) { try GitAdvertisement(bytes) }
    }

    @Test("basic authentication is encoded as RFC 4648 shows")
    func base64() {
        let pairs = [
            "": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=",
            "foobar": "Zm9vYmFy",
        ]
        for (plain, encoded) in pairs { #expect(Base64.encoded(Array(plain.utf8)) == encoded) }
    }
}
