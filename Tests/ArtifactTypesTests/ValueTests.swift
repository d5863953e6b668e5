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

    @Test("a secret is found in the spellings that URLs, JSON and base64 give it, wherever it begins")
    func secretSpellings() {
        let value = "canary/secret+value9876?"
        let secret = Secret(value)
        let basic = ["", "u", "us", "user:"].map { Data("\($0)\(value):x".utf8).base64EncodedString() }
        let spellings =
            ["canary%2Fsecret%2Bvalue9876%3F", "canary/secret%2bvalue9876?", "canary\\/secret+value9876?"] + basic
            + basic.map { $0.replacing("/", with: "_").replacing("+", with: "-") }
            + basic.map { $0.percentEncoded() }
        for spelling in spellings {
            let redacted = secret.redacted(from: "a \(spelling) b")
            #expect(redacted.hasPrefix("a ") && redacted.contains("•••") && redacted.hasSuffix(" b"), "\(redacted)")
            // What is left of base64 are the digits that it shares with its surroundings.
            #expect(redacted.count < 28, "\(redacted)")
        }
        for escape in ["%2", "%", "\\", "%zz", "canary%2"] { #expect(secret.redacted(from: escape) == escape) }
        let escaped = #"a%25b\\c"#
        #expect(Secret(escaped).redacted(from: "<\(escaped)>") == "<•••>")
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
