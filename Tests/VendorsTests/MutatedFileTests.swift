import SystemPackage
import TestSupport
import Testing
import Vendors

@Suite("vendors.d files that were tampered with")
struct MutatedFileTests {
    private static let text = """
        name = "corp"
        module = 'git'
        provides = ["models", "workers"]   # both
        trust = { organizations = ["a", "b"], allow-pickle = false }
        forms = [
          "corp:{org}/{name}",
          \"""corp:{a}\""",
        ]
        [git]
        url = "https://git.example/x.git"
        mirrors = ["https://a.example", { url = "https://b.example", token = { env = "T" } }]
        "submodules" = ["a", 'b']
        [[worker]]
        name = "w"
        variants = ["cpu"]
        build = ["make \\"x\\""]
        binary = "bin/x"
        """

    /// The changes are of pieces of the grammar, which hurt more than those of bytes.
    private static let pieces = [
        "[", "]", "[[", "{", "}", "\"", "'", "\"\"\"", "'''", "=", ",", ".", "#", "\n", "\\", "é",
    ]

    @Test("five hundred mutations are each a vendor or one placed error, inside the file")
    func mutations() throws {
        var random = Mutations(seed: 4711)
        var files: [String: String] = [:]
        var texts: [String: String] = [:]
        for number in 0..<500 {
            var text = Array(Self.text)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: text.indices, using: &random)
                let piece = Self.pieces[Int.random(in: Self.pieces.indices, using: &random)]
                if Bool.random(using: &random) { text.remove(at: index) }
                text.insert(contentsOf: piece, at: min(index, text.count))
            }
            files["\(number).toml"] = String(text)
            texts["\(number).toml"] = String(text)
        }
        let folders = try Folders([files])
        let registry = folders.load()
        #expect(registry.entries.contains { $0.name == "hf" && $0.state == .ok })
        for error in registry.entries.compactMap(\.error) {
            let name = FilePath(error.file).lastComponent?.string ?? ""
            let lines = try #require(texts[name]).split(separator: "\n", omittingEmptySubsequences: false)
            #expect((1...lines.count + 1).contains(error.line), "\(error)")
            #expect(error.column >= 1)
            #expect(!error.message.isEmpty)
        }
    }
}

/// Knuth's MMIX generator: the same mutations each time.
private struct Mutations: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 33)
    }
}
