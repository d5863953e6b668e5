import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("the protocol's JSON schema", .enabled(if: Traffic.canValidate))
struct SchemaTests {
    @Test("messages that a hive refuses do not conform")
    func wrong() throws {
        let file = { (members: String) in
            #"["resolution", {"reference": "x:a/b", "vendor": "x", "revision": "1", "files": [{"path": "a", "urls": []\#(members)}]}]"#
        }
        let wrong = [
            #"["fromVendor", {"id": 1, "result": null}]"#, #"["fromVendor", [1, 2]]"#,
            #"["fromVendor", {"jsonrpc": "2.0", "id": 1, "result": 1, "error": {"code": 1, "message": ""}}]"#,
            #"["fromVendor", {"jsonrpc": "2.0", "id": 1, "error": "no"}]"#,
            #"["fromVendor", {"jsonrpc": "2.0", "method": "sing", "params": {}}]"#,
            #"["fromHive", {"jsonrpc": "2.0", "id": 1, "method": "resolve", "params": {}}]"#,
            #"["initializeResult", {"protocol": 2, "name": "x"}]"#, #"["initializeResult", {"protocol": 1}]"#,
            #"["resolution", {"reference": "x:a/b", "vendor": "x", "revision": "", "files": [{"path": "a", "urls": []}]}]"#,
            #"["resolution", {"reference": "x:a/b", "vendor": "x", "revision": "1", "files": []}]"#,
            file(#", "path": "../a""#), file(#", "path": "/etc/passwd""#), file(#", "path": "a/../b""#),
            file(#", "path": "a\\b""#), file(#", "size": -1"#), file(#", "digest": "md5:aa""#),
            file(#", "digest": "sha256:../x""#), file(#", "urls": ["file:///etc/passwd"]"#),
            file(#", "urls": ["https://x.example/a b"]"#), file(#", "headers": {"a": 1}"#),
            file(#", "unpack": "zip""#), file(#", "unpack": {"archive": {"strip": 17}}"#),
        ]
        let directory = try TemporaryDirectory()
        let messages = try directory.write(wrong.joined(separator: "\n").utf8, to: "wrong.jsonl")
        #expect(try Traffic.conforming(wrong: messages) == "")
    }
}
