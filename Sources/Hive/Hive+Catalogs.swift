import ArtifactCatalog
import ArtifactTypes
import ContentStore
import ModelCatalog
import ModelProvisioner
public import Provisioning
import SystemPackage
import WorkerCatalog
import WorkerProvisioner

/// The catalogs beside the disk: checked, and made anew from it.
extension Hive {
    /// Something about the catalogs that is not as it should be.
    public struct CatalogProblem: Sendable, Hashable, Encodable {
        public enum Kind: String, Sendable, Hashable, Encodable {
            /// The database file.
            case database
            /// A row that is unreadable, wrong, or of nothing.
            case row
            /// A published tree that no row is of.
            case tree
            /// A published tree's artifact.json.
            case sidecar
            /// Files of a published tree.
            case files
        }

        public let kind: Kind
        /// The artifact's id; a path where none is known.
        public let subject: String
        public let message: String
        /// What to do about it.
        public let remedy: String
    }

    /// Compares every row with its tree and sidecar, and looks through the database file. No file's content is read.
    public func verifyCatalogs() async throws(ProvisionError) -> [CatalogProblem] {
        do {
            var problems = try databaseProblems()
            problems += try await self.problems(modelAudit(models))
            problems += try await self.problems(workerAudit(workers))
            return problems
        } catch {
            throw ProvisionError(hive: error)
        }
    }

    /// What a repair did, and what it could not do.
    public struct CatalogRepair: Sendable, Encodable {
        public let mended: [CatalogProblem]
        public let remaining: [CatalogProblem]
    }

    /// Makes the catalogs what the sidecars say: rows without tree go, trees without row get one. A model that has lost
    /// its sidecar gets a new one from its row and its blobs.
    public func repairCatalogs() async throws(ProvisionError) -> CatalogRepair {
        do {
            var found = try databaseProblems()
            var database = database
            if found.contains(where: { $0.subject == database.path.string }) {
                // Opening it again moves it aside.
                database.markDamaged()
                database = try CatalogDatabase(path: database.path)
            }
            let models = modelAudit(SQLiteCatalog<ModelEntry>(database))
            let workers = workerAudit(SQLiteCatalog<WorkerBinary>(database))
            found += try await problems(models) + problems(workers)
            for finding in try await models.findings() { try await mend(finding, in: models) }
            for finding in try await workers.findings() { try await mend(finding, in: workers) }
            var remaining = try database.problems().map { problem(in: database, $0) }
            remaining += try await problems(models) + problems(workers)
            return CatalogRepair(mended: found.filter { !remaining.contains($0) }, remaining: remaining)
        } catch {
            throw ProvisionError(hive: error)
        }
    }

    /// All entries of all catalogs, as one JSON object of arrays.
    public func catalogsJSON() throws(ProvisionError) -> String {
        do {
            return try #"{"models":\#(models.listJSON()),"workers":\#(workers.listJSON())}"#
        } catch {
            throw ProvisionError(hive: error)
        }
    }

    private func modelAudit(_ catalog: SQLiteCatalog<ModelEntry>) -> CatalogAudit<ModelEntry> {
        CatalogAudit(catalog: catalog, store: store) { [self] in try modelRow($0) }
    }

    private func workerAudit(_ catalog: SQLiteCatalog<WorkerBinary>) -> CatalogAudit<WorkerBinary> {
        CatalogAudit(catalog: catalog, store: store) { try WorkerBinary($0) }
    }

    private func mend<Entry>(_ finding: CatalogAudit<Entry>.Finding, in audit: CatalogAudit<Entry>) async throws {
        let item = finding.item
        try await withItem(item) {
            switch finding.disagreement {
            case .rowWithoutTree, .treeWithoutRow, .unreadableRow, .differentRow: try audit.mendRow(of: item)
            case .damagedSidecar:
                if let row = try? audit.catalog.get(item.id) as? ModelEntry { try await remakeSidecar(of: item, row) }
            // Only fetching or building helps, which a repair of catalogs does not do.
            case .missingFiles: break
            }
        }
    }
}

/// What was found, in words.
extension Hive {
    private func databaseProblems() throws -> [CatalogProblem] {
        var problems: [CatalogProblem] = []
        if let aside = database.setAside {
            problems.append(
                CatalogProblem(
                    kind: .database, subject: aside.string, message: "catalog.sqlite was damaged and moved here",
                    remedy: "its rows were made anew from what is on disk; delete the file when you have seen it"))
        }
        do throws(CatalogError) {
            problems += try database.problems().map { problem(in: database, $0) }
        } catch {
            guard error.code == .damaged else { throw error }
            problems.append(problem(in: database, error.message))
        }
        return problems
    }

    private func problem(in database: CatalogDatabase, _ message: String) -> CatalogProblem {
        CatalogProblem(
            kind: .database, subject: database.path.string, message: message,
            remedy: "rbee-hive catalog repair makes it anew from what is on disk")
    }

    private func problems<Entry>(_ audit: CatalogAudit<Entry>) async throws -> [CatalogProblem] {
        let repair = "rbee-hive catalog repair"
        let found = try await audit.findings().map { finding in
            let item = finding.item
            let again =
                item.kind == .model ? "rbee-hive model download \(item.id)" : "building or installing it again"
            return switch finding.disagreement {
            case .rowWithoutTree:
                CatalogProblem(
                    kind: .row, subject: item.id, message: "is catalogued, and its files are gone",
                    remedy: "\(again) brings it back; \(repair) removes the row")
            case .treeWithoutRow:
                CatalogProblem(
                    kind: .tree, subject: item.id, message: "is on disk, and not catalogued",
                    remedy: "\(repair) adds its row")
            case .unreadableRow(let reason):
                CatalogProblem(
                    kind: .row, subject: item.id, message: "its row cannot be read: \(reason)",
                    remedy: "\(repair) makes the row anew")
            case .differentRow:
                CatalogProblem(
                    kind: .row, subject: item.id, message: "its row is not what its artifact.json says",
                    remedy: "\(repair) makes the row anew")
            case .damagedSidecar(let reason):
                CatalogProblem(
                    kind: .sidecar, subject: item.id, message: reason,
                    remedy: item.kind == .model ? "\(repair), or \(again), makes it anew" : "\(again) makes it anew")
            case .missingFiles(let paths):
                CatalogProblem(
                    kind: .files, subject: item.id,
                    message: "gone or cut short: \(paths.map(\.string).joined(separator: ", "))",
                    remedy: item.kind == .model ? "rbee-hive model verify \(item.id) --repair" : "\(again) mends it")
            }
        }
        let strangers = try audit.strangers().map { tree in
            CatalogProblem(
                kind: .sidecar, subject: tree.path.string, message: tree.error.message,
                remedy: "nothing tells what it is: delete the folder, and ask for what it was again")
        }
        return found + strangers
    }
}
