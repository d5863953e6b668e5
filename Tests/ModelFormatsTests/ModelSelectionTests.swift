import ArtifactTypes
import ModelFormats
import Testing

@Suite("selection of a model's files")
struct ModelSelectionTests {
    private func select(
        _ files: [String], _ selector: String? = nil, projector: ModelSelection.Projector = .automatic,
        allowPickle: Bool = false
    ) throws -> ModelSelection {
        try ModelSelection.select(
            try files.map { .init(path: try RelativePath($0), size: 1000) }, selector: selector, projector: projector,
            allowPickle: allowPickle)
    }

    private func failure(_ files: [String], _ selector: String?) throws -> ModelSelectionError {
        try #require(throws: ModelSelectionError.self) { try select(files, selector) }
    }

    private let gguf = [
        "README.md", "config.json", "m-Q4_K_M.gguf", "m-Q8_0.gguf", "m-UD-Q2_K_XL.gguf", "m-imatrix.gguf",
    ]

    @Test("a quantization in any case gives its one file and the canonical selector")
    func quantization() throws {
        let selection = try select(gguf, "q8_0")
        #expect(selection.paths.map(\.string) == ["m-Q8_0.gguf"])
        #expect(selection.selector == "Q8_0")
        #expect(selection.notes.isEmpty)
    }

    @Test("a plain selector finds the dynamic variant where there is no plain one")
    func dynamic() throws {
        #expect(try select(gguf, "Q2_K_XL").selector == "UD-Q2_K_XL")
        let both = ["m-Q4_K_M.gguf", "m-UD-Q4_K_M.gguf"]
        #expect(try select(both, "Q4_K_M").paths.map(\.string) == ["m-Q4_K_M.gguf"])
        #expect(try select(both, "UD-Q4_K_M").paths.map(\.string) == ["m-UD-Q4_K_M.gguf"])
    }

    @Test("without selector the default is taken and said aloud")
    func defaults() throws {
        let selection = try select(gguf)
        #expect(selection.paths.map(\.string) == ["m-Q4_K_M.gguf"])
        #expect(selection.selector == "Q4_K_M")
        #expect(selection.notes.first?.contains("Q8_0") == true)
        #expect(try select(["m-Q8_0.gguf", "m-Q5_K_M.gguf"]).selector == "Q5_K_M")
        #expect(try select(["m-Q8_0.gguf", "m-Q2_K.gguf"]).selector == "Q8_0")
        #expect(try select(["b.gguf", "a.gguf"]).selector == "a.gguf")
        #expect(try select(["only.gguf"]).notes.isEmpty)
    }

    private let sharded = (1...3).map { "Q6_K/m-Q6_K-0000\($0)-of-00003.gguf" } + ["m-Q4_0.gguf"]

    @Test("a shard set in a sub-folder is taken whole, by quantization and by any of its names")
    func shards() throws {
        let whole = Array(sharded.prefix(3))
        #expect(try select(sharded, "Q6_K").paths.map(\.string) == whole)
        let named = try select(sharded, "m-Q6_K-00002-of-00003.gguf")
        #expect(named.paths.map(\.string) == whole)
        #expect(named.selector == whole[0])
    }

    @Test("a set with a shard missing is an error that names it")
    func incomplete() throws {
        let error = try failure(["m-Q6_K-00001-of-00003.gguf", "m-Q6_K-00003-of-00003.gguf"], "Q6_K")
        #expect(error.code == .incomplete)
        #expect(error.message.contains("m-Q6_K-00002-of-00003.gguf"))
        #expect(try failure(["m-00001-of-99999.gguf"], nil).code == .incomplete)
    }

    @Test("a selector that is nowhere lists what there is")
    func unknown() throws {
        let error = try failure(gguf, "Q3_K_S")
        #expect(error.code == .notFound)
        #expect(error.available.count == 3)
        #expect(error.remedy?.contains("Q4_K_M (1.0 kB)") == true)
    }

    @Test("two models of one quantization want a file's name")
    func ambiguous() throws {
        let files = ["a-Q4_K_M.gguf", "b-Q4_K_M.gguf"]
        #expect(try failure(files, "Q4_K_M").code == .ambiguous)
        #expect(try select(files, "b-Q4_K_M.gguf").paths.map(\.string) == ["b-Q4_K_M.gguf"])
        #expect(try select(files).selector == "a-Q4_K_M.gguf")
    }

    @Test("a vision model brings its projector, the F16 one, unless told not to")
    func projectors() throws {
        let files = ["m-Q4_K_M.gguf", "mmproj-m-BF16.gguf", "mmproj-m-F16.gguf"]
        #expect(try select(files).paths.map(\.string) == ["m-Q4_K_M.gguf", "mmproj-m-F16.gguf"])
        #expect(try select(files, "Q4_K_M", projector: .never).paths.count == 1)
        #expect(try select(files, "mmproj-m-BF16.gguf").paths.map(\.string) == ["mmproj-m-BF16.gguf"])
        #expect(throws: ModelSelectionError.self) { try select(gguf, "Q8_0", projector: .required) }
    }

    private let torch = [
        "README.md", "config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
        "model.safetensors.index.json", "consolidated.safetensors", "pytorch_model.bin", "tf_model.h5",
        "tokenizer.json",
        "m-Q4_K_M.gguf", "onnx/model.onnx",
    ]

    @Test("another repository is taken whole, less pickles and duplicates, which are named")
    func wholeRepository() throws {
        let selection = try select(torch)
        #expect(
            selection.paths.map(\.string) == [
                "README.md", "config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
                "model.safetensors.index.json", "tokenizer.json",
            ])
        #expect(selection.selector == nil)
        #expect(selection.notes.first?.contains("pytorch_model.bin") == true)
        #expect(selection.omitted.contains { $0.path.string == "tf_model.h5" && $0.reason == .duplicate })
    }

    @Test("pickles come by name or by leave, and a repository of nothing else says so")
    func pickles() throws {
        #expect(try select(torch, "pytorch_model.bin").paths.count == 1)
        #expect(try select(["a.bin", "config.json"], allowPickle: true).paths.count == 2)
        #expect(try select(["a.bin", "config.json"]).paths.map(\.string) == ["config.json"])
        #expect(try failure(["a.bin", "b.pt"], nil).isUnsafe)
    }
}
