import ArtifactTypes
import Provisioning
import WorkerCatalog

/// Which catalog entry an argument means.
struct EntryLookup {
    let kind: ArtifactKind
    /// As the user wrote it.
    let argument: String

    /// A model's id by any accepted spelling of it. The selector's case does not matter; without one, the only model of
    /// that repository is meant. A model that was imported under a name answers to that too.
    ///
    /// - Parameter references: what the argument may mean; the first of which something is stored counts.
    func find(_ references: [ArtifactReference], among ids: [String]) throws(ProvisionError) -> String {
        let stored = ids.map { (text: $0, id: try? ArtifactReference(parsing: $0)) }
        var matching: [String] = []
        for reference in references where matching.isEmpty {
            matching = stored.filter { Self.isMeant($0.id, by: reference.withoutSecrets) }.map(\.text)
        }
        let named = ids.filter { $0.hasPrefix("file:") && $0.hasSuffix("#name=\(argument)") }
        return try single(matching.isEmpty ? named : matching, id: \.self, all: ids)
    }

    private static func isMeant(_ id: ArtifactReference?, by reference: ArtifactReference) -> Bool {
        guard let id, id.stem == reference.stem else { return false }
        if let revision = reference.revision, id.revision != revision { return false }
        guard let selector = reference.selector else { return true }
        return id.selector?.lowercased() == selector.lowercased()
    }

    /// A worker by its id, else by its name, else by name and variant, else by a beginning of its id that ends at a dash:
    /// of several of one name the chosen one, else the newest where only versions differ. A variant is `cuda`, or,
    /// with its toolkit, `cuda12.4` or `cuda12`.
    ///
    /// - Parameter chosen: the ids of what names mean.
    func find(among entries: [WorkerBinary], chosen: Set<String>) throws(ProvisionError) -> WorkerBinary {
        guard (try? RelativePath(argument)) != nil, !argument.contains("/") else {
            throw ProvisionError(.invalid, "\(argument.visiblyEscaped) cannot be a worker's id")
        }
        if let exact = entries.first(where: { $0.id == argument }) { return exact }
        // A name may begin another one's.
        let matching =
            [
                entries.filter { $0.name == argument },
                entries.filter { Self.isBuild($0, argument) },
            ].first { !$0.isEmpty } ?? entries.filter { $0.id.hasPrefix(argument + "-") }
        let meant = matching.filter { chosen.contains($0.id) }
        if meant.count == 1, Set(matching.map(\.name)).count == 1 { return meant[0] }
        let kinds = Set(matching.map { [$0.name, $0.variant] })
        if kinds.count == 1, let newest = matching.max(by: { $0.addedAt < $1.addedAt }) { return newest }
        return try single(matching, id: \.id, all: entries.map(\.id))
    }

    /// Whether `argument` is a worker's name and variant.
    private static func isBuild(_ entry: WorkerBinary, _ argument: String) -> Bool {
        guard argument.hasPrefix("\(entry.name)-") else { return false }
        let variant = argument.dropFirst(entry.name.count + 1)
        return [entry.variant, entry.workerType.rawValue].contains(String(variant))
            || entry.variant.hasPrefix("\(variant).")
    }

    private func single<Entry>(
        _ matching: [Entry], id: (Entry) -> String, all: [String]
    ) throws(ProvisionError) -> Entry {
        if matching.count == 1 { return matching[0] }
        let name = argument.visiblyEscaped
        if matching.isEmpty {
            let list = all.isEmpty ? "none is stored" : "stored: \(all.prefix(10).joined(separator: ", "))"
            throw ProvisionError(
                .notFound, "no \(kind.rawValue) \(name) is stored (\(list))",
                remedy: "rbee-hive \(kind.rawValue) list shows all")
        }
        throw ProvisionError(
            .invalid, "\(name) means several: \(matching.map(id).joined(separator: ", "))",
            remedy: "name one of them in full")
    }
}
