import ArtifactTypes
import Provisioning

/// The digest that is expected of an asset: the API's `digest`, and what files of checksums beside it say.
struct AssetChecksums: Sendable {
    let choice: AssetChoice
    let client: ForgeClient
    /// Where it is set, a file of checksums without a signature by one of them says nothing.
    let signers: ReleaseSigners?

    /// Nil where nothing published says what the asset is to be.
    /// - Throws: `.digestMismatch` where two of them contradict each other, an asset's own file holds no digest, or no signed file does.
    func digest(of asset: AssetAnswer) async throws(ProvisionError) -> Digest? {
        let told = asset.digest.flatMap { Digest($0.lowercased()) }
        guard signers != nil || !ChecksumFile.isSideFile(asset.name) else { return told }
        for (name, isOwn) in ChecksumFile.names(for: asset.name, among: choice.assets.map(\.name)) {
            guard let beside = choice.assets.first(where: { $0.name == name }) else { continue }
            let bytes = try await read(beside)
            guard try await isTrusted(beside, bytes) else { continue }
            let found = ChecksumFile(bytes).digests(of: asset.name, isOwn: isOwn)
            if found.isEmpty {
                // A list that leaves an asset out says nothing of it.
                guard isOwn else { continue }
                throw contradiction(asset, "\(name) holds no digest of it")
            }
            guard let digest = found.first, found.count == 1 else {
                throw contradiction(asset, "\(name) has several digests for it")
            }
            if let told, told.algorithm == digest.algorithm, told != digest {
                throw contradiction(asset, "\(name) says \(digest), and the API \(told)")
            }
            return digest
        }
        if signers != nil { throw contradiction(asset, "no signed file of checksums tells what it is to be") }
        return told
    }

    /// False for a file without a signature beside it, where one is wanted.
    private func isTrusted(_ file: AssetAnswer, _ bytes: [UInt8]) async throws(ProvisionError) -> Bool {
        guard let signers else { return true }
        guard let signature = choice.assets.first(where: { $0.name == file.name + ".sig" }) else { return false }
        try await signers.check(
            bytes, signature: try await read(signature), subject: "\(file.name) of \(choice.subject)".visiblyEscaped)
        return true
    }

    private func read(_ asset: AssetAnswer) async throws(ProvisionError) -> [UInt8] {
        let subject = "\(asset.name) of \(choice.subject)".visiblyEscaped
        guard asset.size ?? 0 <= Int64(ChecksumFile.maximumBytes), let source = try client.sources(of: asset).first
        else { throw ProvisionError(.unavailable, "\(subject) is too long to be read beside an asset") }
        let response = try await client.http.send(
            HTTPRequest(
                url: source.url, secretHeaders: source.headers, access: client.access,
                maximumBytes: ChecksumFile.maximumBytes))
        guard response.status == 200 else {
            throw ProvisionError(.unavailable, "\(subject): its server answers \(response.status)")
        }
        return response.body
    }

    private func contradiction(_ asset: AssetAnswer, _ reason: String) -> ProvisionError {
        ProvisionError(
            .digestMismatch, "\(asset.name.visiblyEscaped) of \(choice.subject): \(reason.visiblyEscaped)",
            remedy: "tell its publisher; nothing was installed")
    }
}
