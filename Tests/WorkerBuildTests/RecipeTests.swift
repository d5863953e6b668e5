import ArtifactTypes
import Testing
import WorkerBuild

struct RecipeTests {
    static let table = WorkerRecipeTable(
        name: "llm-worker", variants: [.cpu, .cuda], network: ["cargo fetch"], build: ["cargo build"],
        binary: "target/llm-${variant}/llm-worker-${variant}",
        requires: ["all": ["cargo", "cc"], "cuda": ["nvcc", "cc"]],
        toolchains: ["rust"], smokeTest: ["--version"])

    static func failure(_ change: (inout WorkerRecipeTable) -> Void) -> BuildError? {
        var table = table
        change(&table)
        return #expect(throws: BuildError.self) { try BuildRecipe(table: table, variant: .cuda) }
    }

    @Test("the variant is filled into the binary's path, wherever it is named")
    func expansion() throws {
        #expect(
            try BuildRecipe(table: Self.table, variant: .cuda).product
                == .file(RelativePath("target/llm-cuda/llm-worker-cuda")))
        var table = Self.table
        table.binary = "a/${jobs}/$variant/${variant"
        #expect(
            try BuildRecipe(table: table, variant: .cpu).product
                == .file(RelativePath("a/${jobs}/$variant/${variant")))
    }

    @Test("a recipe needs the tools of all variants and of its own, each once")
    func tools() throws {
        #expect(try BuildRecipe(table: Self.table, variant: .cpu).tools == ["cargo", "cc"])
        #expect(try BuildRecipe(table: Self.table, variant: .cuda).tools == ["cargo", "cc", "nvcc"])
    }

    @Test("the digest is the same for the same recipe, and another for any change that matters")
    func digest() throws {
        let digest = try BuildRecipe(table: Self.table, variant: .cpu).digest
        #expect(digest.description == "sha256:" + digest.hex)
        var same = Self.table
        same.isDefault = true
        same.variants = [.cpu]
        #expect(try BuildRecipe(table: same, variant: .cpu).digest == digest)
        #expect(try BuildRecipe(table: Self.table, variant: .cuda).digest != digest)
        for change: (inout WorkerRecipeTable) -> Void in [
            { $0.build.append("true") }, { $0.network = [] }, { $0.binary = "other" }, { $0.toolchains = [] },
            { $0.smokeTest = [] }, { $0.name = "other" }, { $0.requires["all"] = ["make"] },
        ] {
            var table = Self.table
            change(&table)
            #expect(try BuildRecipe(table: table, variant: .cpu).digest != digest)
        }
    }

    @Test("the digest does not change from one version of this program to the next")
    func storedDigest() throws {
        let digest = try BuildRecipe(table: Self.table, variant: .cpu).digest
        #expect(digest.hex == "a0bd1b1dd20160b21af0f3904930fff60161de09436e59b62f8cd5038b6b0c20")
    }

    @Test(
        "a name that could be more than a name is refused",
        arguments: ["", "-o", "a b", "a/b", "$(touch x)", "`x`", "a\nb", "a;b", ".hidden", "ä", "a\0"])
    func names(name: String) {
        #expect(Self.failure { $0.name = name }?.code == .invalidRecipe)
    }

    @Test(
        "a binary outside the checkout is refused",
        arguments: ["", "/bin/sh", "../worker", "a/../../b", "a//b", "a\0b", "~/x/../.."])
    func binaries(path: String) {
        #expect(Self.failure { $0.binary = path }?.code == .invalidRecipe)
    }

    @Test("what cannot be built is refused, saying what is wrong")
    func invalid() {
        #expect(Self.failure { $0.variants = [.cpu] }?.message.contains("no variant cuda") == true)
        #expect(Self.failure { $0.build = [] }?.message.contains("'build'") == true)
        #expect(Self.failure { $0.build = ["a\0b"] }?.message.contains("NUL") == true)
        #expect(Self.failure { $0.network = [String(repeating: "x", count: 70_000)] }?.code == .invalidRecipe)
        #expect(Self.failure { $0.build = [String](repeating: "x", count: 300) }?.code == .invalidRecipe)
        #expect(Self.failure { $0.toolchains = ["haskell"] }?.remedy == "known are rust")
        #expect(Self.failure { $0.requires["all"] = ["../evil"] }?.message.contains("../evil") == true)
        #expect(Self.failure { $0.requires["gpu"] = ["nvcc"] }?.message.contains("'gpu'") == true)
    }
}
