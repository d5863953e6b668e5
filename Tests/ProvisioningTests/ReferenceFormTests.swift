import ArtifactTypes
import Foundation
import Provisioning
import Testing

@Suite("reference forms are patterns as data")
struct ReferenceFormTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let form: String
        let reference: String
        let matches: Bool

        var testDescription: String { "\(form) \(matches ? "takes" : "leaves") \(reference)" }

        static let all = [
            Case(form: "hf:{org}/{name}", reference: "hf:org/name", matches: true),
            Case(form: "hf:{org}/{name}", reference: "hf:org/name@main:Q4_K_M", matches: true),
            Case(form: "hf:{org}/{name}", reference: "hf://org/name", matches: true),
            Case(form: "hf:{org}/{name}", reference: "hf:org/name/more", matches: false),
            Case(form: "hf:{org}/{name}", reference: "hf:name", matches: false),
            Case(form: "hf:{org}/{name}", reference: "org/name", matches: false),
            Case(form: "{org}/{name}", reference: "org/name", matches: true),
            Case(form: "{org}/{name}", reference: "hf:org/name", matches: false),
            Case(form: "{org}/{name}", reference: "file:/name", matches: false),
            Case(form: "ms:{locator}", reference: "ms:a/b/c", matches: true),
            Case(form: "https://{path*}", reference: "https://x.example/a/b.tar.gz#sha256=00", matches: true),
            Case(form: "https://x.example/{path*}", reference: "HTTPS://X.Example/a", matches: true),
            Case(form: "https://x.example/{path*}", reference: "https://x.example:0443/a", matches: true),
            Case(form: "https://x.example/{path*}", reference: "https://x.example:/a", matches: true),
            Case(form: "https://x.example/{path*}", reference: "https://x.example./a", matches: true),
            Case(form: "https://x.example/{path*}", reference: "https://me@x.example/a", matches: true),
            Case(form: "https://x.example/{path*}", reference: "https://x.example:444/a", matches: false),
            Case(form: "https://x.example/{path*}", reference: "http://x.example/a", matches: false),
            Case(form: "https://x.example/{path*}", reference: "https://x.example/A", matches: true),
            Case(form: "https://x.example/a{path*}", reference: "https://x.example/Ab", matches: false),
            Case(form: "https://X.Example:443/{path*}", reference: "https://x.example/a", matches: true),
            Case(form: "oci://x.example:5000/{path*}", reference: "oci://X.EXAMPLE.:5000/a:tag", matches: true),
            Case(form: "git+ssh://git@x.example/{path*}", reference: "git+ssh://X.example:22/a", matches: true),
            Case(form: "https://{host}.Example/{path*}", reference: "https://X.example/a", matches: false),
            Case(form: "https://{host}.example/{path*}", reference: "https://X.example/a", matches: true),
            Case(form: "http://[::1]:8080/{path*}", reference: "http://[::1]:08080/a", matches: true),
            Case(form: "https://{path*}.zip", reference: "https://x.example/a/b.tar.gz", matches: false),
            Case(form: "git+https://{path*}", reference: "git+https://x.example/a.git#tag=v1", matches: true),
        ]
    }

    @Test("a form takes the references of its pattern and no others", arguments: Case.all)
    func matching(_ example: Case) throws {
        let form = try #require(ReferenceForm(example.form))
        #expect(form.matches(try ArtifactReference(parsing: example.reference)) == example.matches)
    }

    @Test(
        "a pattern with an open brace, an empty or two touching placeholders is none",
        arguments: [
            "a:{b", "{}", "{a}{b}", "",
        ])
    func malformed(_ pattern: String) {
        #expect(ReferenceForm(pattern) == nil)
    }

    @Test("the more fixed text, the more specific")
    func specificity() throws {
        let general = try #require(ReferenceForm("{org}/{name}"))
        let special = try #require(ReferenceForm("corp/{name}"))
        #expect(general.specificity < special.specificity)
    }

    @Test("a form is its pattern in JSON, and a malformed one does not decode")
    func coding() throws {
        let forms = try JSONDecoder().decode([ReferenceForm].self, from: Data(#"["a:{b}"]"#.utf8))
        #expect(forms.map(\.pattern) == ["a:{b}"])
        #expect(String(decoding: try JSONEncoder().encode(forms), as: UTF8.self) == #"["a:{b}"]"#)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([ReferenceForm].self, from: Data(#"["a:{b"]"#.utf8))
        }
    }
}
