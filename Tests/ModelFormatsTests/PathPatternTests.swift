import ArtifactTypes
import ModelFormats
import Testing

@Suite("patterns of repository paths")
struct PathPatternTests {
    @Test(
        "a pattern matches what it says and nothing else",
        arguments: [
            ("*.json", "config.json", true), ("*.json", "onnx/config.json", true), ("*.json", "config.jsonl", false),
            ("onnx/*.json", "onnx/a.json", true), ("onnx/*.json", "onnx/deep/a.json", false),
            ("onnx/**", "onnx/deep/a.json", true), ("onnx/", "onnx/deep/a.json", true), ("onnx/", "onnxx", false),
            ("**/a.json", "a.json", true), ("**/a.json", "x/y/a.json", true), ("**/a.json", "x/ba.json", false),
            ("x/**/a", "x/a", true), ("x/**/a", "x/y/z/a", true), ("x/**/a", "xa", false),
            ("m-0000?.gguf", "m-00001.gguf", true), ("m-?.gguf", "m-12.gguf", false), ("x?y/*", "x/y/z", false),
            ("*", "a/b", true), ("**", "a/b", true), ("*/b", "a/b", true), ("*/b", "b", false),
            ("a*b*c", "aXbYbc", true), ("a*b*c", "acb", false), ("README.md", "docs/README.md", true),
            ("Q8", "q8", false), ("é*", "été", true),
        ])
    func matching(pattern: String, path: String, isMatch: Bool) {
        #expect(PathPattern(pattern).matches(path) == isMatch, "\(pattern) on \(path)")
    }

    @Test("a pattern of many stars ends at once on a path that it does not match", .timeLimit(.minutes(1)))
    func manyStars() {
        let pattern = PathPattern(String(repeating: "*a", count: 500) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 1000)))
    }

    private func select(_ files: [String], _ selector: String, allowPickle: Bool = false) throws -> ModelSelection {
        try ModelSelection.select(
            try files.map { .init(path: try RelativePath($0)) }, selector: selector, allowPickle: allowPickle)
    }

    private let files = ["README.md", "a.bin", "config.json", "m-Q4_K_M.gguf", "onnx/config.json"]

    @Test("one set of patterns has one spelling, and that spelling gives it again")
    func spelling() throws {
        let filter = try PathFilter(include: ["b*", "a*", "b*"], exclude: ["x/"])
        #expect(filter.selector == "{a*,b*,!x/**}")
        #expect(try PathFilter(selector: filter.selector) == filter)
        #expect(try PathFilter(selector: "Q4_K_M") == nil)
        for bad in ["", "!a", "a,b", "a{b", "a b", "a:b"] {
            #expect(throws: ModelSelectionError.self) { try PathFilter(include: [bad], exclude: []) }
        }
    }

    @Test("the files are those that are included and not excluded; a pickle comes where pickles are named")
    func selection() throws {
        #expect(try select(files, "{*.json}").paths.map(\.string) == ["config.json", "onnx/config.json"])
        #expect(try select(files, "{*.json,!onnx/**}").paths.map(\.string) == ["config.json"])
        let all = try select(files, "{!onnx/**}")
        #expect(all.paths.map(\.string) == ["README.md", "config.json", "m-Q4_K_M.gguf"])
        #expect(all.notes.first?.contains("a.bin") == true)
        #expect(try select(files, "{*}", allowPickle: true).paths.count == 5)
        #expect(try select(files, "{*.bin}").paths.map(\.string) == ["a.bin"])
        #expect(try select(files, "{a*}", allowPickle: true).paths.map(\.string) == ["a.bin"])
        let unsafe = try #require(throws: ModelSelectionError.self) { try select(files, "{a*}") }
        #expect(unsafe.code == .unsafe)
        let none = try #require(throws: ModelSelectionError.self) { try select(files, "{*.zip}") }
        #expect(none.code == .notFound)
        #expect(none.available.contains("onnx/config.json"))
    }
}
