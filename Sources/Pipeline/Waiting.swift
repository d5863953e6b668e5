import ArtifactTypes
import ContentStore
import Provisioning
import Synchronization

/// What a job shows while another process does the same: who that is, each time that it is another one, and how far it
/// is.
struct Waiting: Sendable {
    private let name: @Sendable (LockHolder) -> Void
    private let show: @Sendable (LockHolder) -> Void

    /// - Parameters:
    ///   - work: what the holder does: `fetches model.gguf`.
    ///   - show: called whenever the holder has said something new.
    init(_ work: String, _ job: ProvisionJob, show: @escaping @Sendable (LockHolder) -> Void = { _ in }) {
        name = LockHolder.each { holder in
            if !holder.isThisProcess { job.progress(.notice("waiting for \(holder), which \(work)")) }
        }
        self.show = show
    }

    func tell(_ holder: LockHolder) {
        name(holder)
        show(holder)
    }
}

extension Pipeline {
    /// Shows how far the holder of `plan`'s item is as if this job did its work: each file's lock says of itself what has
    /// arrived, and what is whole lies in the store.
    func waiting(_ plan: Plan, for job: ProvisionJob) throws -> Waiting {
        let work = "works on \(plan.item.id)"
        guard case .files(let files, _) = plan.resolution.payload else { return Waiting(work, job) }
        let wanted = try wanted(files, of: plan, for: job)
        let missing = Mutex<[WantedFile]?>(nil)
        return Waiting(work, job) { [self] _ in
            let (before, now) = missing.withLock { missing in
                let before = missing
                let now = (before ?? wanted).filter { job.force || !$0.isHere(in: store) }
                missing = now
                return (before, now)
            }
            let rest = Set(now.map(\.remote.path))
            let arrived = (before ?? wanted).filter { !rest.contains($0.remote.path) }
            if before == nil {
                tell(wanted, present: presentBytes(of: wanted, of: plan, in: caches.listed(), for: job), for: job)
            }
            for file in arrived {
                job.progress(.fileDone(path: file.remote.path.string, bytes: file.remote.size ?? 0))
            }
            for file in now {
                let holder = store.holder(of: .partial(plan.partialName(of: file.remote)))
                guard let received = holder?.received else { continue }
                job.progress(.transfer(path: file.remote.path.string, received: received, total: file.remote.size))
            }
        }
    }
}
