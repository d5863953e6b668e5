import ArtifactTypes
import Provisioning
import TestHub
import TestSupport
import Testing

@Suite("Repositories that a recipe names")
struct RecipeTests {
    @Test("may be private only if what led to the recipe is; the user may name any")
    func privateAddress() async throws {
        let world = try World()
        let repository = try TestRepository()
        try repository.commit(["a.txt": "one"])
        let url = world.hub.addGit("data", repository: repository.path)
        let reference = try ArtifactReference(parsing: "git+\(url)")
        let vendor = try world.provisioner([:], name: "git")
        func context(_ origins: [String]?) -> ProvisionContext {
            ProvisionContext(job: "1", kind: .worker, recipeOrigins: origins, logger: World.logger)
        }
        for origins in [[], ["https://github.com/owner/repo.git"]] {
            let error = await #expect(throws: ProvisionError.self) {
                try await vendor.resolve(reference, in: context(origins))
            }
            #expect(error?.code == .untrusted, "\(String(describing: error))")
        }
        #expect(world.hub.requests.isEmpty)
        let resolution = try await vendor.resolve(reference, in: context(["http://127.0.0.2:1/own.git"]))
        let error = await #expect(throws: ProvisionError.self) {
            _ = try await vendor.fetch(resolution, into: world.staging("no"), in: context([]))
        }
        #expect(error?.code == .untrusted, "\(String(describing: error))")
        #expect(try await vendor.resolve(reference, in: context(nil)).revision == resolution.revision)
    }
}
