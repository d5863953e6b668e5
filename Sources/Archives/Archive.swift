import Dispatch
public import SystemPackage

/// Extraction of archives that nobody vouches for yet.
///
/// Formats are tar (ustar, pax, gnu) and zip, compressed by nothing, gzip, xz, zstd, bzip2 or lz4: decided by content,
/// never by name. libarchive decodes; everything that touches the disk is done here, under an allow-list.
public enum Archive {
    /// Extracts the archive `file` into `folder`, which must exist, be empty, and be nobody else's meanwhile.
    ///
    /// Regular files get mode 0644 or 0755 and the archive's modification time; owners, ACLs, extended attributes and
    /// file flags are not applied. Nothing is fsynced. `progress` is called now and then, on the extracting thread.
    ///
    /// libarchive 3.6 does not compare gzip's checksum: whoever needs to know that a `.tar.gz` is whole has its digest.
    /// - Throws: `ArchiveError`; the folder is empty again. `.unsafe` names the first entry that is refused,
    ///   `.cancelled` follows a task's cancellation within a block of data.
    public static func extract(
        _ file: FilePath, into folder: FilePath, policy: ExtractionPolicy = ExtractionPolicy(),
        progress: @escaping @Sendable (ExtractionProgress) -> Void = { _ in }
    ) async throws(ArchiveError) -> ExtractionReport {
        try await onThread { cancellation throws(ArchiveError) in
            let reader = try ArchiveReader(file, reading: .archive)
            let tree = try TreeWriter(folder)
            let extraction = Extraction(
                of: reader, into: tree, policy: policy, cancellation: cancellation, progress: progress)
            return try extraction.run()
        }
    }

    /// Expands one compressed file (gzip, xz, zstd, bzip2 or lz4; by content) to `target`, which must not exist.
    /// - Returns: the bytes of the expanded file.
    /// - Throws: `ArchiveError`; `target` does not exist then, unless it was there before.
    public static func expandSingle(
        _ file: FilePath, to target: FilePath, policy: ExtractionPolicy = ExtractionPolicy()
    ) async throws(ArchiveError) -> Int64 {
        try await onThread { cancellation throws(ArchiveError) in
            try SingleFile(file, policy: policy).expand(to: target, cancellation)
        }
    }

    // Decoding blocks for seconds: the cooperative pool has no thread to spare for that.
    private static let queue = DispatchQueue(label: "archives", attributes: .concurrent)

    static func onThread<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable (Cancellation) throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let cancellation = Cancellation()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Result<Value, Failure>, Never>) in
                queue.async {
                    let result = UTF8Locale.during { () -> Result<Value, Failure> in
                        do throws(Failure) { return .success(try work(cancellation)) } catch {
                            return .failure(error)
                        }
                    }
                    continuation.resume(returning: result)
                }
            }
        } onCancel: {
            cancellation.cancel()
        }
        return try result.get()
    }
}
