import ArtifactCatalog
import ArtifactTypes
import ContentStore
import Foundation
public import Provisioning
public import SystemPackage
public import WorkerCatalog

/// Which of several versions of a worker its name means: the one that was built, installed or chosen last.
extension Hive {
    /// A link that was put outside the store.
    public struct WorkerLink: Sendable, CustomStringConvertible {
        public let path: FilePath
        /// Whether `PATH` has its folder.
        public let isInPath: Bool

        public var description: String { "linked \(path)" + (isInPath ? "" : ", which is in no folder of PATH") }
    }

    /// Lets a worker's name, and the links to it, mean this version.
    ///
    /// - Parameter folder: gets a link of the worker's name; nil for no further one.
    /// - Returns: the link that was made.
    /// - Throws: `.io` where something else is at the link's place; then the name means what it meant.
    @discardableResult
    public func use(
        _ entry: WorkerBinary, linkingIn folder: FilePath? = nil
    ) async throws(ProvisionError) -> WorkerLink? {
        guard FilePath.Component(entry.name)?.kind == .regular else {
            throw ProvisionError(
                .unsafeContent, "\(entry.id): \(entry.name.visiblyEscaped) cannot be the name of a link",
                remedy: "remove it, and install or build it again")
        }
        do {
            return try await withChoice(of: entry.name) {
                guard try store.sidecar(StoreItem(kind: .worker, id: entry.id)) != nil else {
                    throw ProvisionError(.notFound, "\(entry.id) was removed by another process")
                }
                var made: FilePath?
                if let folder {
                    let link = link(at: folder.appending(entry.name), to: entry.name)
                    // Noted first: what a crash leaves is a note of a link that is not there, which does no harm.
                    try store.noteOutsideLink(link.path, of: entry.name)
                    try link.make()
                    made = link.path
                }
                try store.setCurrent(FilePath(entry.path), of: entry.name)
                return made.map { WorkerLink(path: $0, isInPath: isInPath($0.removingLastComponent())) }
            }
        } catch {
            throw ProvisionError(hive: error)
        }
    }

    /// Sees that `use` could make a link, before anything is fetched for it.
    func checkLink(of name: String, in folder: FilePath?) throws(ProvisionError) {
        guard let folder else { return }
        try link(at: folder.appending(name), to: name).check()
    }

    /// The ids of the versions that names mean.
    public func currentWorkers(among entries: [WorkerBinary]) throws(ProvisionError) -> Set<String> {
        do {
            var programs: [String: FilePath] = [:]
            for name in Set(entries.map(\.name)) { programs[name] = try store.current(of: name) }
            return Set(entries.filter { entry in programs[entry.name].map { isOf(entry, $0) } ?? false }.map(\.id))
        } catch {
            throw ProvisionError(hive: error)
        }
    }

    /// After a worker was removed: its name means the newest version that is left. With the last one the links go.
    ///
    /// - Returns: what the name means now, if that changed.
    func reconsider(_ removed: WorkerBinary) async throws(ProvisionError) -> WorkerBinary? {
        do {
            return try await withChoice(of: removed.name) {
                guard let program = try store.current(of: removed.name), isOf(removed, program) else { return nil }
                let left = try workers.list().filter { $0.name == removed.name && $0.id != removed.id }
                if let newest = left.max(by: { $0.addedAt < $1.addedAt }) {
                    try store.setCurrent(FilePath(newest.path), of: removed.name)
                    return newest
                }
                for path in try store.outsideLinks(of: removed.name) { try link(at: path, to: removed.name).remove() }
                try store.clearCurrent(of: removed.name)
                return nil
            }
        } catch {
            throw ProvisionError(hive: error)
        }
    }

    /// Whether links outside the store lead to a worker: then it may be in daily use, and nobody would know.
    func isLinked(_ item: StoreItem) throws -> Bool {
        guard item.kind == .worker, let entry = try workers.get(item.id) else { return false }
        guard let program = try store.current(of: entry.name), isOf(entry, program) else { return false }
        return try store.outsideLinks(of: entry.name).contains { path in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: path.string))
                == store.currentLink(of: entry.name).string
        }
    }

    private func isOf(_ entry: WorkerBinary, _ program: FilePath) -> Bool {
        program.starts(with: store.treePath(StoreItem(kind: .worker, id: entry.id)))
    }

    private func link(at path: FilePath, to name: String) -> ProgramLink {
        ProgramLink(path: path, target: store.currentLink(of: name), store: store.root)
    }

    private func isInPath(_ folder: FilePath) -> Bool {
        (configuration.environment["PATH"] ?? "").split(separator: ":").contains { FilePath(String($0)) == folder }
    }

    private func withChoice<T: Sendable>(of name: String, _ body: () async throws -> T) async throws -> T {
        // No worker's id has a space.
        try await withItem(StoreItem(kind: .worker, id: "choice of \(name)"), body)
    }
}
