import ArtifactTypes
import Testing

@Suite struct FileURLTests {
    @Test(
        "any absolute path comes back from its URL, which is a reference",
        arguments: [
            "/a/b.gguf", "/my models/x#1.gguf", "/100%/x@main:y&z=1", "/ä/模型.gguf", "/a\\b", "/-x", "/tab\there",
            "/a?b",
        ])
    func roundTrip(path: String) throws {
        let url = FileURL.text(of: path)
        #expect(FileURL.path(of: url) == path)
        let reference = try ArtifactReference(parsing: url)
        #expect(reference.isURL && reference.vendor == "file" && reference.fragment.isEmpty)
        #expect(reference.description == url)
    }

    @Test(
        "the other spellings of a file URL mean the same",
        arguments: ["file:///a/b", "file://localhost/a/b", "FILE:/a/b"])
    func spellings(url: String) {
        #expect(FileURL.path(of: url) == "/a/b")
    }

    @Test(
        "what is no path of this machine is none",
        arguments: [
            "file:a", "file:", "file:/%2e%2e/x", "file:/a/../b", "file://host/a", "file:/%", "file:/%0", "file:/%zz",
            "file:/%00", "file:/%ff", "http:/a", "/a", "",
        ])
    func refused(url: String) {
        #expect(FileURL.path(of: url) == nil)
    }

    @Test("three slashes and one are one id")
    func canonical() throws {
        #expect(try ArtifactReference(parsing: "file:///a/b#name=x/y").description == "file:/a/b#name=x/y")
    }
}
