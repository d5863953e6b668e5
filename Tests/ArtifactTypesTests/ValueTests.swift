import ArtifactTypes
import Foundation
import Testing

@Suite struct ValueTests {
    @Test(
        "a path that could leave its folder or fool a reader is none",
        arguments: [
            "", "/x", "..", "a/../b", "a//b", "./a", "a/.", "a\\b", "C:x", "a\u{0}b", "a\nb", "a\u{202E}b",
            String(repeating: "x", count: 256), String(repeating: "x/", count: 600) + "x",
        ])
    func unsafePaths(text: String) {
        #expect(throws: RelativePath.Invalid.self) { try RelativePath(text) }
    }

    @Test(
        "a path that stays below its folder is one, and is decoded as one",
        arguments: ["a", "a/b.gguf", "ä/…/x y", ".gitignore"])
    func safePaths(text: String) throws {
        let path = try RelativePath(text)
        #expect(path.string == text)
        #expect(try JSONDecoder().decode([RelativePath].self, from: JSONEncoder().encode([path])) == [path])
    }

    @Test("a decoded path is checked as any other")
    func decodedPath() {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([RelativePath].self, from: Data(#"["../x"]"#.utf8))
        }
    }

    @Test(
        "only an algorithm's number of lower-case digits is a digest",
        arguments: [
            "sha256:../../x", "sha256:" + String(repeating: "A", count: 64),
            "sha256:" + String(repeating: "a", count: 63),
            "md5:" + String(repeating: "a", count: 32), String(repeating: "a", count: 64), "sha256",
        ])
    func malformedDigests(text: String) {
        #expect(Digest(text) == nil)
    }

    @Test("a digest reads what it prints")
    func digest() throws {
        let text = "sha256:" + String(repeating: "0f", count: 32)
        let digest = try #require(Digest(text))
        #expect(digest.description == text)
        #expect(Digest(.sha256, bytes: [UInt8](repeating: 0x0F, count: 32)) == digest)
        #expect(Digest(.gitSHA1, bytes: [UInt8](repeating: 0, count: 20))?.algorithm == .gitSHA1)
        #expect(Digest(.sha256, bytes: [1, 2, 3]) == nil)
    }

    @Test("a secret shows itself to nobody who does not ask")
    func secret() {
        let secret = Secret("hf_canary")
        #expect("\(secret)" == "•••")
        #expect(String(reflecting: secret) == "•••")
        #expect("\([secret])".contains("canary") == false)
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!dumped.contains("canary"))
        #expect(secret.redacted(from: "token hf_canary, again hf_canary.") == "token •••, again •••.")
        #expect(secret == Secret("hf_canary") && secret != Secret("hf_canarx"))
    }

    @Test("any document survives being a value")
    func json() throws {
        let text = #"{"a":[1,2.5,true,null,"x"],"b":{"c":-9007199254740993}}"#
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        #expect(value["b"]?["c"] == .integer(-9_007_199_254_740_993))
        let again = try JSONValue(encoding: value)
        #expect(again == value)
        #expect(try value.decoded(as: JSONValue.self) == value)
    }
}
