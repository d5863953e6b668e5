import ArtifactTypes
import ContentStore
import Testing

@Suite("Names on disk")
struct KeyTests {
    @Test(
        "an id becomes the documented name",
        arguments: [
            ("hf:org/name@main:Q4_K_M", "hf%3Aorg--name%40main%3AQ4_K_M"),
            ("a/b-c", "a--b-c"), ("a-b/c", "a-b--c"),
            ("a/-b", "a--%2Db"), ("a-/b", "a%2D--b"), ("a--b", "a%2D%2Db"), ("a//b", "a----b"),
            ("", "%"), (".", "%2E"), ("..", "%2E%2E"), ("../..", "..--.."), ("100%", "100%25"), ("ä", "%C3%A4"),
        ])
    func documented(id: String, key: String) {
        #expect(ContentStore.key(for: id) == key)
    }

    @Test("no two of all texts up to five characters of an awkward alphabet share a name")
    func injective() {
        let alphabet = ["-", "/", ".", "%", "2", "D", "a"]
        var texts = [""]
        var latest = [""]
        for _ in 0..<5 {
            latest = latest.flatMap { text in alphabet.map { text + $0 } }
            texts += latest
        }
        let keys = Set(texts.map { ContentStore.key(for: $0) })
        #expect(keys.count == texts.count)
        #expect(keys.isDisjoint(with: ["", ".", ".."]))
        #expect(keys.allSatisfy { !$0.contains("/") })
    }

    @Test("long ids that differ only at their ends keep names of at most 200 bytes that differ")
    func long() {
        let stem = String(repeating: "org/näme-", count: 40)
        let keys = (0..<100).map { ContentStore.key(for: "\(stem)\($0)") }
        #expect(Set(keys).count == 100)
        #expect(keys.allSatisfy { $0.utf8.count <= 200 })
    }

    @Test("a partial's name depends on neither the query nor the user of its URL")
    func partialNames() {
        let plain = ContentStore.partialName(url: "https://host/file", revision: "1")
        #expect(ContentStore.partialName(url: "https://user:secret@host/file?token=x", revision: "1") == plain)
        #expect(ContentStore.partialName(url: "https://host/file", revision: "2") != plain)
        #expect(ContentStore.partialName(url: "https://host/file2", revision: "1") != plain)
    }
}
