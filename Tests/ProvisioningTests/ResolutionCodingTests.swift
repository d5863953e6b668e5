import ArtifactTypes
import Foundation
import Provisioning
import Testing

@Suite("a resolution on the wire")
struct ResolutionCodingTests {
    private static let zeroes = String(repeating: "0", count: 64)

    private func decode(_ json: String) throws -> Resolution {
        try JSONDecoder().decode(Resolution.self, from: Data(json.utf8))
    }

    private func file(_ member: String, _ value: String) -> String {
        var members = ["path": #""a.gguf""#, "urls": #"["https://x.example/a"]"#]
        members[member] = value
        let text = members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
        return #"{"reference":"ms:org/name","vendor":"ms","revision":"1","files":[{\#(text)}]}"#
    }

    @Test("the whole wire form is read and written back without its secret headers")
    func whole() throws {
        let resolution = try decode(
            """
            {"reference":"ms:org/name@main:Q4_K_M","vendor":"modelscope","kind":"model","revision":"3f1c",
             "files":[{"path":"d/a.gguf","size":5,"digest":"sha256:\(Self.zeroes)","headers":{"Authorization":"Bearer x"},
                       "urls":["https://x.example/a","https://y.example/a"],"unpack":{"archive":{"strip":1}}}],
             "metadata":{"license":"apache-2.0","tags":["gguf"],"gated":true}}
            """)
        let file = try #require(resolution.files.first)
        #expect(file.size == 5)
        #expect(file.unpack == .archive(strip: 1))
        #expect(file.sources.map(\.url) == ["https://x.example/a", "https://y.example/a"])
        #expect(file.sources[0].headers["Authorization"] == Secret("Bearer x"))
        #expect(file.sources[1].headers.isEmpty, "a header goes to the first URL's origin alone")
        #expect(resolution.metadata == .init(license: "apache-2.0", tags: ["gguf"], gated: true))

        let written = try JSONEncoder().encode(resolution)
        #expect(!String(decoding: written, as: UTF8.self).contains("Bearer"))
        var expected = resolution
        expected.payload = .files(
            [
                RemoteFile(
                    path: file.path, size: file.size, digest: file.digest,
                    sources: file.sources.map { RemoteSource(url: $0.url) }, unpack: file.unpack)
            ], listing: .repository)
        #expect(try JSONDecoder().decode(Resolution.self, from: written) == expected)
    }

    @Test("what may be left out is")
    func shortest() throws {
        let resolution = try decode(
            #"{"reference":"ms:org/name","vendor":"ms","revision":"1","files":[{"path":"a","urls":["u"]}]}"#)
        #expect(resolution.kind == .model)
        #expect(resolution.files.first?.digest == nil)
        #expect(resolution.files.first?.size == nil)
        #expect(resolution.files.first?.unpack == Unpack.none)
    }

    @Test("a git payload stands in place of files")
    func git() throws {
        let resolution = try decode(
            """
            {"reference":"rbee:worker","vendor":"rbee","kind":"worker","revision":"abc",
             "git":{"url":"https://git.example/x.git","ref":"refs/heads/main","commit":"abc","submodules":[]}}
            """)
        #expect(resolution.git?.commit == "abc")
        #expect(resolution.files.isEmpty)
    }

    struct Hostile: Sendable, CustomTestStringConvertible {
        let member: String
        let value: String
        var testDescription: String { "\(member) \(value)" }
    }

    @Test(
        "a member that is not of its type does not decode",
        arguments: [
            Hostile(member: "path", value: #""../a""#), Hostile(member: "path", value: #""/etc/passwd""#),
            Hostile(member: "path", value: #""a\u0000b""#), Hostile(member: "path", value: #""a//b""#),
            Hostile(member: "path", value: "7"), Hostile(member: "size", value: "-1"),
            Hostile(member: "size", value: "1e300"), Hostile(member: "digest", value: #""sha256:00""#),
            Hostile(member: "digest", value: #""sha256:../../../etc""#), Hostile(member: "urls", value: "null"),
            Hostile(member: "unpack", value: #""rar""#), Hostile(member: "unpack", value: #"{"archive":{"strip":-1}}"#),
        ])
    func hostile(_ example: Hostile) {
        #expect(throws: DecodingError.self) { try decode(file(example.member, example.value)) }
    }
}
