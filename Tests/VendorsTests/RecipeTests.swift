import ArtifactTypes
import Provisioning
import Testing
import Vendors

@Suite("`worker build VARIANT` finds its recipe")
struct RecipeTests {
    private func failure(_ registry: VendorRegistry, _ variant: Accelerator, _ name: String? = nil) throws
        -> ProvisionError
    {
        try #require(throws: ProvisionError.self) { try registry.recipe(variant: variant, named: name) }
    }

    @Test("the default wins over the others")
    func isDefault() throws {
        let registry = try Folders([
            [
                "a.toml": worker("a", vendor: "va"), "b.toml": worker("b", vendor: "vb", isDefault: true),
            ]
        ]).load()
        #expect(try registry.recipe(variant: .cpu, named: nil).table.name == "b")
        #expect(registry.recipes.map(\.table.name) == ["a", "b"])
    }

    @Test("a later folder's default wins over an earlier one's")
    func laterDefault() throws {
        let registry = try Folders([
            ["a.toml": worker("a", vendor: "va", isDefault: true)],
            ["b.toml": worker("b", vendor: "vb", isDefault: true)],
        ]).load()
        #expect(try registry.recipe(variant: .cpu, named: nil).vendor == "vb")
    }

    @Test("two defaults in one folder are invalid, with the list")
    func twoDefaults() throws {
        let registry = try Folders([
            [
                "a.toml": worker("a", vendor: "va", isDefault: true),
                "b.toml": worker("b", vendor: "vb", isDefault: true),
            ]
        ]).load()
        let error = try failure(registry, .cpu)
        #expect(error.code == .invalid)
        #expect(error.message.contains("va:a (cpu), vb:b (cpu)"))
    }

    @Test("without a default the only worker that has the variant is meant")
    func only() throws {
        let registry = try Folders([
            [
                "a.toml": worker("a", vendor: "va"),
                "b.toml": worker("b", vendor: "vb", variants: "\"cpu\", \"cuda\""),
            ]
        ]).load()
        #expect(try registry.recipe(variant: .cuda, named: nil).table.name == "b")
        #expect(try failure(registry, .cpu).message.contains("va:a (cpu), vb:b (cpu, cuda)"))
        #expect(try failure(registry, .rocm).code == .invalid)
    }

    @Test("a worker is found by name, and an unknown one names the nearest")
    func named() throws {
        let registry = try Folders([
            ["a.toml": worker("worker", vendor: "va"), "b.toml": worker("other", vendor: "vb")],
            ["c.toml": worker("worker", vendor: "vc")],
        ]).load()
        #expect(try registry.recipe(variant: .cpu, named: "worker").vendor == "vc")
        #expect(try registry.recipe(variant: .cpu, named: "va:worker").vendor == "va")
        #expect(try failure(registry, .cpu, "worke").remedy == "did you mean \"worker\"?")
        #expect(try failure(registry, .cuda, "other").message.contains("it has cpu"))
    }

    @Test("the recipes of a disabled, broken or shadowed vendor are not there")
    func unusable() throws {
        let registry = try Folders([
            ["a.toml": worker("a", vendor: "va"), "b.toml": "enabled = false\n" + worker("b", vendor: "vb")],
            ["a.toml": worker("a", vendor: "va") + "\nx = 1"],
        ]).load()
        #expect(registry.recipes == [])
        let error = try failure(registry, .cpu)
        #expect(error.code == .configuration)
        #expect(error.remedy?.contains("a.toml:") == true, "\(error)")
    }
}
