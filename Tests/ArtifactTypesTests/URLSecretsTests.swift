import ArtifactTypes
import Testing

@Suite("Secrets in URLs")
struct URLSecretsTests {
    @Test(
        "are removed, and nothing else",
        arguments: [
            ("https://h/a.gguf?token=x", "https://h/a.gguf"),
            ("https://h/a?id=5&Access_Token=x&b", "https://h/a?id=5&b"),
            ("https://u:p@h:8/a?x=1#sha256=ab", "https://h:8/a?x=1#sha256=ab"),
            ("https://h/a?X-Amz-Signature=s&X-Amz-Date=d&versionId=7", "https://h/a?versionId=7"),
            ("https://h/a?sv=1&se=2&sig=3&file=x", "https://h/a?file=x"),
            ("https://h/a?sv=1&se=2", "https://h/a?sv=1&se=2"),
            ("https://h/a@b?c=d@e", "https://h/a@b?c=d@e"),
            ("hf:org/name?token=x", "hf:org/name?token=x"),
        ])
    func removed(url: String, expected: String) {
        #expect(URLSecrets.removed(from: url) == expected)
    }

    @Test("are not in what is said of a malformed reference")
    func malformed() {
        let error = #expect(throws: ReferenceError.self) {
            try ArtifactReference(parsing: "https://user:hunter2@h/../x?token=hunter2")
        }
        #expect(error?.description.contains("hunter2") == false)
    }
}
