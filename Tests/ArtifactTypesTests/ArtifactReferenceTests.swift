import ArtifactTypes
import Testing

@Suite struct ArtifactReferenceTests {
    struct Form: Sendable, CustomTestStringConvertible {
        let text: String
        let stem: String
        var revision: String?
        var selector: String?
        var canonical: String?
        var testDescription: String { text }
    }

    static let forms = [
        Form(text: "org/name", stem: "org/name"),
        Form(text: "hf:org/name", stem: "hf:org/name"),
        Form(text: "hf://org/name", stem: "hf:org/name", canonical: "hf:org/name"),
        Form(text: "hf:org/name@v1.2:Q4_K_M", stem: "hf:org/name", revision: "v1.2", selector: "Q4_K_M"),
        Form(text: "org/name:sub/file-Q8_0.gguf", stem: "org/name", selector: "sub/file-Q8_0.gguf"),
        Form(text: "corp:org/name@main", stem: "corp:org/name", revision: "main"),
        Form(
            text: "https://host:8080/x.tar.gz#sha256=ab", stem: "https://host:8080/x.tar.gz",
            canonical: "https://host:8080/x.tar.gz#sha256=ab"),
        Form(
            text: "git+https://host/path.git#branch=main", stem: "git+https://host/path.git",
            canonical: "git+https://host/path.git#branch=main"),
        Form(text: "oci://registry.example/name:tag", stem: "oci://registry.example/name:tag"),
    ]

    @Test("each form comes apart, and its spelling parses to itself again", arguments: forms)
    func parses(form: Form) throws {
        let reference = try ArtifactReference(parsing: form.text)
        #expect(reference.stem == form.stem)
        #expect(reference.revision == form.revision)
        #expect(reference.selector == form.selector)
        #expect(reference.description == form.canonical ?? form.text)
        #expect(try ArtifactReference(parsing: reference.description) == reference)
    }

    @Test("a fragment is read by its keys")
    func fragment() throws {
        let reference = try ArtifactReference(parsing: "https://host/x.zip#sha256=ab&name=tool")
        #expect(reference.fragmentValue("sha256") == "ab")
        #expect(reference.fragmentValue("name") == "tool")
        #expect(reference.fragmentValue("absent") == nil)
    }

    @Test(
        "what climbs, hides or is empty is refused with the part that is at fault",
        arguments: [
            "", "../..", "a/..", "-x/y", "org/na\u{7}me", "org//name", "hf:", ":x", "org/name@", "org/name:", "a b/c",
            "org/na\u{202E}me", "/etc/passwd",
        ])
    func refuses(text: String) {
        let error = #expect(throws: ReferenceError.self) { try ArtifactReference(parsing: text) }
        #expect(error?.reason.isEmpty == false)
        #expect((error?.range.upperBound ?? 0) <= text.count)
    }
}
