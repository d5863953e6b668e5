import Archives
import ArtifactCatalog
import ArtifactTypes
import ContentStore
import GitCheckout
public import Provisioning
import SystemPackage
import Transfer
import Vendors
import WorkerBuild

extension Hive {
    /// Looks at everything that the hive's work depends on. It changes nothing and asks no network.
    public func examine() async throws(ProvisionError) -> Diagnosis {
        let environment = configuration.environment
        let survey = await ToolSurvey(environment: environment).look()
        let accelerators = await AcceleratorSurvey(environment: environment)
        registry.makeAll()
        return Diagnosis(
            version: Self.version, libraries: try libraries(), tools: survey.map(Self.finding),
            accelerators: accelerators.devices.map(Diagnosis.Device.init), acceleratorProblem: accelerators.problem,
            sandbox: await sandbox(survey), store: storeFindings(), mirrors: mirrorFindings(),
            credentials: credentials(),
            vendors: vendorFindings(), workers: buildable())
    }

    private func libraries() throws(ProvisionError) -> [Diagnosis.Finding] {
        let sqlite: String
        do {
            sqlite = try database.libraryVersion()
        } catch {
            throw ProvisionError(hive: error)
        }
        return [
            .init("libcurl", .ok, transferLibraryVersion), .init("libgit2", .ok, gitLibraryVersion),
            .init("libarchive", .ok, archiveLibraryVersion), .init("sqlite", .ok, sqlite),
        ]
    }

    private static func finding(_ tool: ToolSurvey.Tool) -> Diagnosis.Finding {
        guard let path = tool.path else { return .init(tool.name, .missing, remedy: tool.advice) }
        let detail = [tool.version, path.string].compactMap(\.self).joined(separator: ", ")
        if tool.isVisible { return .init(tool.name, .ok, detail) }
        return .init(
            tool.name, .broken, detail,
            remedy: "a sandboxed build sees /usr and not that folder; \(tool.advice)")
    }

    private func sandbox(_ tools: [ToolSurvey.Tool]) async -> Diagnosis.Finding {
        do throws(BuildError) {
            _ = try await Sandbox(mode: .require, environment: configuration.environment)
            let version = tools.first { $0.name == "bwrap" }?.version ?? "bubblewrap"
            return .init("sandbox", .ok, "\(version) works, namespaces and all")
        } catch {
            let isThere = tools.contains { $0.name == "bwrap" && $0.path != nil }
            return .init("sandbox", isThere ? .broken : .missing, error.message, remedy: error.remedy)
        }
    }

    /// Below this a model of any size does not fit.
    private static let littleSpace: Int64 = 10 << 30

    private func storeFindings() -> [Diagnosis.Finding] {
        let free = store.freeSpace
        return [
            .init("home", .ok, store.root.string),
            .init(
                "free space", free < Self.littleSpace ? .broken : .ok, "\(ByteCount(free))",
                remedy: free < Self.littleSpace
                    ? "make room with rbee-hive gc, or choose another place with --home" : nil),
        ]
    }

    private func mirrorFindings() -> [Diagnosis.Finding] {
        store.mirrorsSetBack().map { mirror in
            .init(mirror.name, .broken, "\(mirror.reason); tried last for \(mirror.secondsLeft) s more")
        }
    }

    /// Which are there, and nothing of what they are.
    private func credentials() -> [Diagnosis.Finding] {
        let environment = configuration.environment
        let variables = [
            ("HF_TOKEN", "for gated and private models of the hub"), ("GITHUB_TOKEN", "for GitHub"),
            ("SSH_AUTH_SOCK", "an agent for git over ssh"),
        ]
        return variables.map { name, use in
            environment.value(name) == nil ? .init(name, .missing, use) : .init(name, .ok, "set, \(use)")
        }
    }

    private func vendorFindings() -> [Diagnosis.Finding] {
        registry.entries.filter { $0.state.name != "shadowed" }.map { entry in
            if let error = entry.error {
                return .init(
                    entry.name, .broken, error.description, remedy: "mend the file; rbee-hive vendor list shows all")
            }
            let place = entry.file ?? "built in"
            return .init(entry.name, .ok, "\(entry.module ?? "?"), \(entry.enabled ? place : "disabled in \(place)")")
        }
    }

    private func buildable() -> [Diagnosis.Buildable] {
        registry.recipes.flatMap { recipe in
            let requirements = ToolRequirements(table: recipe.table, environment: configuration.environment)
            return recipe.table.variants.map { variant in
                var reason: String?
                do throws(BuildError) {
                    try requirements.check(variant)
                } catch {
                    let missing = requirements.missing(variant)
                    reason =
                        missing.isEmpty
                        ? error.message : missing.map { "\($0.tool): \($0.advice)" }.joined(separator: "; ")
                }
                return Diagnosis.Buildable(
                    worker: recipe.table.name, vendor: recipe.vendor, variant: variant, isBuildable: reason == nil,
                    reason: reason)
            }
        }
    }
}
