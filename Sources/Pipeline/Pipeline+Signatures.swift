import ArtifactTypes
import ContentStore
import Provisioning
import SystemPackage
import Vendors

/// Signatures over whole files, and what the store remembers of a vendor.
extension Pipeline {
    /// Lets the vendor judge the signatures of the files in the tree, before anything of it is published. Those of
    /// archives were judged as they came.
    func checkSignatures(of plan: Plan, in tree: StagedTree, for job: ProvisionJob) async throws {
        for file in plan.resolution.files where file.signature != nil && file.unpack == .none {
            job.progress(.stage("checking the signature of \(file.path)"))
            try await plan.match.checkSignature(of: file, at: tree.path(file.path))
        }
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

extension FileFetch {
    /// Judged over the partial, and while that is this process's alone.
    func checkSignature(of archive: RemoteFile, in partial: String) async throws {
        guard archive.signature != nil else { return }
        job.progress(.stage("checking the signature of \(archive.path)"))
        do throws(ProvisionError) {
            try await plan.match.checkSignature(of: archive, at: store.partial(named: partial).part)
        } catch {
            // Whole, and of no use to anyone.
            if error.code == .digestMismatch { try store.removePartial(named: partial) }
            throw error
        }
    }
}

extension VendorRegistry.Match {
    /// - Parameter path: where the file lies as it came, not unpacked.
    func checkSignature(of file: RemoteFile, at path: FilePath) async throws(ProvisionError) {
        guard file.signature != nil else { return }
        guard let vendor = provisioner as? any SigningProvisioner else {
            throw ProvisionError(.unsupported, "\(file.path): vendor \(name) cannot judge its signature")
        }
        try await vendor.checkSignature(of: file, at: path)
    }

    /// - Parameter topFolder: the name of the folder that held all of an archive; nil where there was none.
    func checkRelease(_ resolution: Resolution, topFolder: String?) throws(ProvisionError) {
        guard let topFolder, let vendor = provisioner as? any SigningProvisioner else { return }
        try vendor.checkRelease(resolution, of: reference, topFolder: topFolder)
    }
}
