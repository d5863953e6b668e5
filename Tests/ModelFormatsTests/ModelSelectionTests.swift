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

    @Test("a diffusion pipeline comes as its parts, less variants, other formats and the single file of all")
    func pipeline() throws {
        let selection = try select([
            "model_index.json", "all-in-one.safetensors", "scheduler/scheduler_config.json",
            "text_encoder/config.json", "text_encoder/model.fp16.safetensors", "text_encoder/model.safetensors",
            "text_encoder/model.onnx", "text_encoder/flax_model.msgpack", "text_encoder/pytorch_model.bin",
            "unet/diffusion_pytorch_model.fp16-00001-of-00002.safetensors",
            "unet/diffusion_pytorch_model.fp16-00002-of-00002.safetensors",
            "unet/diffusion_pytorch_model.safetensors.index.fp16.json",
            "unet/diffusion_pytorch_model-00001-of-00002.safetensors",
            "unet/diffusion_pytorch_model-00002-of-00002.safetensors",
            "unet/diffusion_pytorch_model.safetensors.index.json",
            "vae/diffusion_pytorch_model.fp16.safetensors", "vae/openvino_model.xml",
        ])
        #expect(
            selection.paths.map(\.string) == [
                "model_index.json", "scheduler/scheduler_config.json", "text_encoder/config.json",
                "text_encoder/model.safetensors", "unet/diffusion_pytorch_model-00001-of-00002.safetensors",
                "unet/diffusion_pytorch_model-00002-of-00002.safetensors",
                "unet/diffusion_pytorch_model.safetensors.index.json",
                // The only one of its name.
                "vae/diffusion_pytorch_model.fp16.safetensors", "vae/openvino_model.xml",
            ])
        #expect(selection.notes.contains { $0.contains("all-in-one.safetensors") && $0.contains("and 1 more") })
    }

    @Test("with leave, a pickle still stays out where safetensors of its folder hold the same, and comes where none do")
    func allowedPickles() throws {
        let files = ["a/model.safetensors", "a/pytorch_model.bin", "b/pytorch_model.bin", "config.json"]
        #expect(
            try select(files, allowPickle: true).paths.map(\.string) == [
                "a/model.safetensors", "b/pytorch_model.bin", "config.json",
            ])
    }

    @Test("the maker's own layout is left out beside the common one")
    func originalLayout() throws {
        let files = [
            "config.json", "metal/model.bin", "model-00001-of-00001.safetensors", "original/config.json",
            "original/model.safetensors", "tf/saved_model.pb", "tf/variables/variables.index", "model.v2.safetensors",
        ]
        #expect(
            try select(files).paths.map(\.string) == [
                "config.json", "model-00001-of-00001.safetensors", "model.v2.safetensors", "original/config.json",
            ])
        #expect(try select(files, allowPickle: true).paths.count == 4)
    }

    @Test("pickles come by name or by leave, and a repository of nothing else says so")
    func pickles() throws {
        #expect(try select(torch, "pytorch_model.bin").paths.count == 1)
        #expect(try select(["a.bin", "config.json"], allowPickle: true).paths.count == 2)
        #expect(try select(["a.bin", "m.onnx"]).paths.map(\.string) == ["m.onnx"])
        #expect(try failure(["a.bin", "b.pt"], nil).isUnsafe)
        // Descriptions alone are no model.
        let error = try failure(["a.bin", "config.json"], nil)
        #expect(error.isUnsafe && error.message.contains("a.bin") && error.remedy == "pass --allow-pickle")
    }

    @Test("of exactly listed files all are taken but pickles that nobody named, and never none but descriptions")
    func exact() throws {
        func exact(
            _ files: [String], archives: [String] = [], names: [String] = [], allowPickle: Bool = false
        ) throws -> [String] {
            try ModelSelection.exact(
                try files.map { .init(path: try RelativePath($0)) },
                archives: Set(try archives.map { try RelativePath($0) }), names: names, allowPickle: allowPickle
            ).paths.map(\.string)
        }
        let mixed = ["m.gguf", "pytorch_model.bin"]
        #expect(try exact(mixed) == ["m.gguf"])
        #expect(try exact(mixed, allowPickle: true) == mixed)
        #expect(try exact(mixed, names: ["pytorch_model.bin"]) == mixed)
        #expect(try exact(mixed, names: ["*.bin"]) == mixed)
        #expect(try exact(mixed, names: ["*", "model", ""]) == ["m.gguf"])
        #expect(try exact(["layer-1.tar", "x.bin"], archives: ["layer-1.tar"]) == ["layer-1.tar"])
        #expect(try exact(["config.json"]) == ["config.json"])
        #expect(try exact(["x.bin"], names: ["x.bin"]) == ["x.bin"])
        let error = #expect(throws: ModelSelectionError.self) { try exact(["a/x.bin", "config.json"]) }
        #expect(error?.isUnsafe == true && error?.message.contains("a/x.bin") == true)
        #expect(error?.remedy == "pass --allow-pickle")
    }
}
