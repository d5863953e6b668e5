import ArtifactTypes
import ContentStore
import Provisioning
import SystemPackage
import Vendors

/// Signatures over whole files, and what the store remembers of a vendor.
extension Pipeline {
    /// Lets the vendor judge the signatures of what was fetched, before anything of it is published.
    func checkSignatures(of plan: Plan, in tree: StagedTree, for job: ProvisionJob) async throws {
        for file in plan.resolution.files where file.signature != nil {
            job.progress(.stage("checking the signature of \(file.path)"))
            guard file.unpack != .none else {
                try await checkSignature(of: file, at: tree.path(file.path), from: plan.match)
                continue
            }
            let partial = plan.partialName(of: file)
            do throws(ProvisionError) {
                try await checkSignature(of: file, at: store.partial(named: partial).part, from: plan.match)
            } catch {
                // Whole, and of no use to anyone.
                if error.code == .digestMismatch { try store.removePartial(named: partial) }
                throw error
            }
        }
    }

    func checkSignature(
        of file: RemoteFile, at path: FilePath, from match: VendorRegistry.Match
    ) async throws(ProvisionError) {
        guard file.signature != nil else { return }
        guard let vendor = match.provisioner as? any SigningProvisioner else {
            throw ProvisionError(.unsupported, "\(file.path): vendor \(match.name) cannot judge its signature")
        }
        try await vendor.checkSignature(of: file, at: path)
    }

    /// What the store holds of a vendor's. A broken sidecar tells nothing.
    func stored(from vendor: String, kind: ArtifactKind) throws(ProvisionError) -> [Resolution] {
        do {
            return try store.sidecars(kind).whole.compactMap { try? $0.resolution.decoded(as: Resolution.self) }
                .filter { $0.vendor == vendor }
        } catch {
            throw ProvisionError(pipeline: error)
        }
    }
}
