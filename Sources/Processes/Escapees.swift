import CSystemCalls
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Makes this program the parent of every orphan among its descendants, so that none is lost to init. It is for a
/// program of few children that ends soon: the dead are reaped by its parent, not by itself.
public func adoptOrphans() {
    #if os(Linux)
        // Where the kernel refuses, orphans go to init and are known by their marks alone.
        _ = csystem_adopt_orphans()
    #endif
}

/// The descendants of one child that have left its process group, as one that calls `setsid` does.
///
/// A signal to the group does not reach them. They are known
/// - by their parents, as long as those live;
/// - by the child's session, for those who left the group alone;
/// - by a variable of their environment that no other child of ours was started with (`mark`);
/// - as orphans that this program inherited (`adoptOrphans`), where no other process of ours ran meanwhile that they
///   could belong to.
final class Escapees: Sendable {
    private struct Identity: Hashable {
        let id: Int32
        /// Clock ticks since the machine started: with it, a number that is used again is another process.
        let start: UInt64
    }

    /// The name of the variable that tells whose descendant a process is.
    static let variable = "RBEE_PROCESS_TREE"

    /// Its value for the child: which program started it, and a number of its own.
    let mark: String
    private let member: ProcessCompany.Member
    private let earliest: UInt64
    private let noted = Mutex<Set<Identity>>([])

    /// Made before the child is started.
    init(_ member: ProcessCompany.Member) {
        self.member = member
        #if os(Linux)
            _ = Self.endLeftBehind
            let own = ProcessStatistics.own
        #else
            let own: ProcessStatistics? = nil
        #endif
        earliest = own?.now ?? .max
        mark = "\(own?.identity ?? "").\(String(UInt64.random(in: .min ... .max), radix: 16))"
    }

    /// Kills what a program of ours that was itself killed could not: whoever has a mark of one that is gone, is in the
    /// session of one that has, or descends from such.
    private static let endLeftBehind: Void = {
        guard let own = ProcessStatistics.own, let space = own.numberSpace else { return }
        let living = ProcessStatistics.all().filter(\.isAlive)
        let identities = Set(living.map(\.identity))
        let marked = living.filter { process in
            guard let starter = process.variable(variable)?.split(separator: ".").dropLast().joined(separator: "."),
                !starter.isEmpty, !identities.contains(starter)
            else { return false }
            return process.numberSpace == space
        }
        // None is another's: a child of ours begins a session, and nobody joins one from outside.
        let sessions = Set(marked.map(\.session)).subtracting([own.session])
        let roots = marked + living.filter { sessions.contains($0.session) }
        for process in roots + descendants(of: roots.map(\.id), among: living) where process.id != own.id {
            _ = kill(process.id, SIGKILL)
        }
    }()

    /// Remembers the child's descendants while it can still be told that they are.
    func note(leader: Int32) {
        let all = ProcessStatistics.all()
        let found = Self.descendants(of: [leader], among: all).map { Identity(id: $0.id, start: $0.start) }
        noted.withLock { $0.formUnion(found) }
    }

    /// Kills whoever is left. The child itself is dead and not reaped yet.
    func end(leader: Int32) {
        // A process that forks without pause outruns a few rounds at most: each round kills all that are there.
        for _ in 0..<50 {
            let all = ProcessStatistics.all()
            let left = escaped(leader: leader, among: all)
            if left.isEmpty { return }
            for process in left where process.isAlive { _ = kill(process.id, SIGKILL) }
            for process in left where process.parent == getpid() {
                var status: Int32 = 0
                // Nobody else waits for an orphan that we inherited.
                _ = waitpid(process.id, &status, process.state == "Z" ? WNOHANG : 0)
            }
            noted.withLock { $0.formUnion(left.map { Identity(id: $0.id, start: $0.start) }) }
        }
    }

    private func escaped(leader: Int32, among all: [ProcessStatistics]) -> [ProcessStatistics] {
        let known = noted.withLock { $0 }
        let own = getpid()
        let isAlone = ProcessCompany.shared.isAlone(member)
        let session = ProcessStatistics.own?.session
        let roots = all.filter { process in
            if process.id == leader { return false }
            if known.contains(Identity(id: process.id, start: process.start)) { return true }
            if process.session == leader { return true }
            // Nobody reads the environment of those who were there before.
            guard process.start >= earliest else { return false }
            if process.variable(Self.variable) == mark { return true }
            return isAlone && process.parent == own && process.session != session
        }
        let below = Self.descendants(of: roots.map(\.id) + [leader], among: all)
        var seen: Set<Int32> = [leader, own]
        // A zombie that is another's to reap is dead, which is all that we want.
        return (roots + below).filter { seen.insert($0.id).inserted && ($0.state != "Z" || $0.parent == own) }
    }

    private static func descendants(of roots: [Int32], among all: [ProcessStatistics]) -> [ProcessStatistics] {
        var children: [Int32: [ProcessStatistics]] = [:]
        for process in all { children[process.parent, default: []].append(process) }
        var found: [ProcessStatistics] = []
        var seen = Set(roots)
        var next = roots
        while let parent = next.popLast() {
            for child in children[parent] ?? [] where seen.insert(child.id).inserted {
                found.append(child)
                next.append(child.id)
            }
        }
        return found
    }
}
