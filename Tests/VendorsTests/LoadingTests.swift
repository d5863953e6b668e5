import ArtifactTypes
import Foundation
import Provisioning
import SystemPackage
import TestSupport
import Testing
import Vendors

@Suite("vendors.d folders are read in order")
struct LoadingTests {
    @Test("a whole file is read into its configuration, value by value")
    func whole() throws {
        let folders = try Folders([
            [
                "rbee.toml": """
                name = "rbee"
                module = "git"
                provides = ["workers"]
                priority = 60
                forms = ["rbee:{name}"]
                trust = { organizations = ["rbee"], allow-pickle = true }
                [git]
                url = "https://git.example/rbee.git"
                mirrors = ["ssh://git@m.example/rbee.git",
                    { url = "https://n.example/rbee.git", username = "bot", token = { env = "MIRROR_TOKEN" } }]
                branch = "main"
                ssh-key = { file = "./key" }
                token = { command = ["./token", "rbee"] }
                submodules = ["deps/candle"]
                timeout = 20
                [[worker]]
                name = "llm-worker"
                default = true
                variants = ["cpu", "cuda"]
                directory = "bin/worker"
                network = ["cargo fetch"]
                build = ["cargo build"]
                binary = "target/worker-${variant}"
                requires = { all = ["cargo"], cuda = ["nvcc"] }
                toolchains = ["rust"]
                smoke-test = ["--version"]
                """
            ]
        ])
        let registry = folders.load()
        #expect(registry.errors == [])
        let configuration = try registry.vendor(named: "rbee").configuration
        #expect(configuration.provides == [.worker])
        #expect(configuration.priority == 60)
        #expect(configuration.forms.map(\.pattern) == ["rbee:{name}"])
        #expect(configuration.trust == VendorTrust(organizations: ["rbee"], allowPickle: true))
        let options = configuration.options
        #expect(options.string("url") == "https://git.example/rbee.git")
        #expect(options.secret("ssh-key") == .file(folders.paths[0].appending("key").string))
        #expect(options.secret("token") == .command([folders.paths[0].appending("token").string, "rbee"]))
        #expect(options.strings("submodules") == ["deps/candle"])
        #expect(options.integer("timeout") == 20)
        let mirrors = options.list("mirrors")
        #expect(mirrors.count == 2)
        guard case .string("ssh://git@m.example/rbee.git") = mirrors[0], case .table(let second) = mirrors[1] else {
            Issue.record("the mirrors are \(mirrors)")
            return
        }
        #expect(second.secret("token") == .environment("MIRROR_TOKEN"))
        let recipe = try registry.recipe(variant: .cuda, named: nil)
        #expect(recipe.vendor == "rbee")
        #expect(
            recipe.table
                == WorkerRecipeTable(
                    name: "llm-worker", isDefault: true, variants: [.cpu, .cuda],
                    directory: try RelativePath("bin/worker"), network: ["cargo fetch"], build: ["cargo build"],
                    binary: "target/worker-${variant}", requires: ["all": ["cargo"], "cuda": ["nvcc"]],
                    toolchains: ["rust"], smokeTest: ["--version"]))
    }

    @Test("a later file of the same name replaces the earlier one, which is shown as shadowed")
    func override() throws {
        let folders = try Folders([
            ["corp.toml": hub("corp", "priority = 10")], ["mine.toml": hub("corp", "priority = 90")],
            ["hf.toml": hub("hf", "priority = 70")],
        ])
        let registry = folders.load()
        #expect(registry.entries.filter { $0.name == "corp" }.map(\.state.name) == ["shadowed", "ok"])
        #expect(try registry.vendor(named: "corp").configuration.priority == 90)
        let builtIn = registry.entries.filter { $0.name == "hf" }
        #expect(builtIn.map(\.state.name) == ["shadowed", "ok"])
        #expect(builtIn.map { $0.file == nil } == [true, false])
    }

    @Test("files are read in name order, and only those that end in .toml")
    func order() throws {
        let folders = try Folders([
            [
                "20-b.toml": hub("b"), "10-a.toml": hub("a"), "c.toml.example": "not = [", ".hidden.toml": "not = [",
                "empty.toml": "# nothing here\n",
            ]
        ])
        let registry = folders.load()
        #expect(registry.errors == [])
        #expect(registry.entries.filter { $0.file != nil }.map(\.name) == ["a", "b"])
    }

    @Test("a folder that is missing is none, and one that is a file is an error")
    func folders() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write([], to: "file")
        let registry = VendorRegistry.load(
            modules: Modules().all, folders: [directory.path.appending("missing"), file], services: .closed)
        #expect(registry.errors.map(\.message) == ["not a folder"])
        #expect(registry.entry("hf")?.state == .ok)
    }

    @Test("no provisioner is made at start, and each is made once")
    func lazily() throws {
        let modules = Modules()
        let registry = try Folders([["a.toml": hub("a"), "b.toml": hub("b")]]).load(modules)
        #expect(modules.log == [])
        let reference = try ArtifactReference(parsing: "a:org/name")
        _ = try registry.vendor(for: reference, kind: .model)
        _ = try registry.vendor(for: reference, kind: .model)
        _ = try registry.vendor(named: "a")
        #expect(modules.log == ["a"])
    }

    @Test("an entry's JSON has the members that scripts rely on")
    func json() throws {
        let folders = try Folders([["corp.toml": hub("corp", "priorty = 1")]])
        let entries = folders.load().entries
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let builtIn = try #require(entries.first { $0.name == "hf" })
        #expect(
            String(decoding: try encoder.encode(builtIn), as: UTF8.self)
                == #"{"enabled":true,"error":null,"file":null,"module":"huggingface","name":"hf","priority":50,"#
                + #""provides":["models"],"state":"ok"}"#)
        let broken = try #require(entries.first { $0.name == "corp" })
        let path = folders.paths[0].appending("corp.toml").string
        #expect(
            String(decoding: try encoder.encode(broken), as: UTF8.self)
                == #"{"enabled":false,"error":{"column":1,"line":3,"message":"unknown key \"priorty\"","#
                + #""suggestion":"priority"},"file":"\#(path)","module":null,"name":"corp","priority":50,"#
                + #""provides":[],"state":"error"}"#)
    }

    @Test("the shipped file for workers has both recipes, and one of them by default")
    func shipped() throws {
        let root = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        let registry = VendorRegistry.load(
            modules: Modules().all, folders: [root.appending("vendors.d")], services: .closed)
        #expect(try registry.recipe(variant: .cuda, named: nil).table.name == "llm-worker-rbee")
        #expect(
            try registry.recipe(variant: .cpu, named: "sd-worker-rbee").table.directory?.string
                == "bin/31_sd_worker_rbee")
    }
}
