import ArtifactTypes
import Provisioning

/// What says what a file is to be, looked for among the files beside it: checksums, and signatures where keys are named.
struct FileEvidence: Sendable {
    struct Found: Sendable {
        var digest: Digest?
        /// Of the file itself, to be judged once it is here.
        var signature: String?

        var vouches: Bool { digest != nil || signature != nil }
    }

    /// A file that may be there.
    struct Place: Sendable {
        let name: String
        /// Whether it is about this one file, so that a digest alone on its line is the file's.
        let isOwn: Bool
    }

    private static let signatureSuffix = ".sig"
    /// A signature has some 300 bytes with ed25519, some 1,700 with RSA of 8,192 bits.
    private static let maximumSignature = 16 << 10

    let name: String
    /// The release or folder that it is in, for messages.
    let subject: String
    /// Files of checksums, the best first.
    let places: [Place]
    /// False where `places` are guesses: one that is none then tells nothing.
    let isListed: Bool
    /// Where it is set, only what one of them has signed counts.
    let signers: ReleaseSigners?
    let replay: ReplayGuard?
    /// Nil where there is no such file.
    let read: @Sendable (_ name: String, _ maximumBytes: Int) async throws(ProvisionError) -> [UInt8]?

    /// - Parameter told: the digest that the user or the forge's API gave.
    /// - Throws: `.digestMismatch` where two of them contradict each other, a file's own checksum is none, or `signers`
    ///   are named and nothing is signed by one of them.
    func find(_ told: Digest?) async throws(ProvisionError) -> Found {
        for place in places {
            guard let bytes = try await read(place.name, ChecksumFile.maximumBytes) else { continue }
            guard try await isTrusted(place, bytes) else { continue }
            let list = ChecksumFile(bytes)
            guard let digest = try digest(in: list, at: place) else { continue }
            if let told, told.algorithm == digest.algorithm, told != digest {
                throw contradiction("\(place.name) says \(digest), and not \(told)")
            }
            if signers != nil {
                try replay?.checkNames([name], signed: place.name)
                try replay?.checkNames([name, place.name] + list.names, signed: place.name)
            }
            return Found(digest: digest)
        }
        guard signers != nil else { return Found(digest: told) }
        guard let signature = try await read(name + Self.signatureSuffix, Self.maximumSignature) else {
            throw contradiction(
                "signers are configured, and it has neither a signature (\(name)\(Self.signatureSuffix)) nor signed checksums"
            )
        }
        try replay?.checkNames([name], signed: name)
        return Found(digest: told, signature: String(decoding: signature, as: UTF8.self))
    }

    private func digest(in list: ChecksumFile, at place: Place) throws(ProvisionError) -> Digest? {
        let found = list.digests(of: name, isOwn: place.isOwn)
        if found.count > 1 { throw contradiction("\(place.name) has several digests for it") }
        // A list that leaves a file out says nothing of it.
        if found.isEmpty, place.isOwn, isListed { throw contradiction("\(place.name) holds no digest of it") }
        if list.isIllegible, !isListed {
            throw contradiction("\(place.name) beside it has no line that is a checksum", remedy: Self.pinning)
        }
        return found.first
    }

    /// False for a file without a signature beside it, where one is wanted.
    private func isTrusted(_ place: Place, _ bytes: [UInt8]) async throws(ProvisionError) -> Bool {
        guard let signers else { return true }
        guard let signature = try await read(place.name + Self.signatureSuffix, Self.maximumSignature) else {
            return false
        }
        try await signers.check(
            .bytes(bytes), signature: signature, subject: "\(place.name) of \(subject)".visiblyEscaped)
        return true
    }

    static let pinning = "pin the file with #sha256=…"

    private func contradiction(
        _ reason: String, remedy: String = "tell its publisher; nothing was installed"
    ) -> ProvisionError {
        ProvisionError(.digestMismatch, "\(name) of \(subject): \(reason)".visiblyEscaped, remedy: remedy)
    }
}
