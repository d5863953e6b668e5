public import SystemPackage
import Threads

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
    /// gzip's own checksum is compared where nobody vouches for the file: that is a second pass over it.
    /// - Throws: `ArchiveError`; the folder is empty again. `.unsafe` names the first entry that is refused,
    ///   `.cancelled` follows a task's cancellation within a block of data.
    public static func extract(
        _ file: FilePath, into folder: FilePath, policy: ExtractionPolicy = ExtractionPolicy(),
        progress: @escaping @Sendable (ExtractionProgress) -> Void = { _ in }
    ) async throws(ArchiveError) -> ExtractionReport {
        try await extract(ArrivingFile(whole: file), into: folder, policy: policy, progress: progress)
    }

    /// Extracts an archive while it arrives; a zip once it is there. Returns when the file is finished, and begins
    /// anew where the file does.
    ///
    /// - Throws: as for a file that is whole. What the content is refused for is told once the file is finished, unless
    ///   it leaves no doubt (`ArrivingFile.Doubt`). Where nothing more will come, the task must be cancelled.
    public static func extract(
        _ file: ArrivingFile, into folder: FilePath, policy: ExtractionPolicy = ExtractionPolicy(),
        progress: @escaping @Sendable (ExtractionProgress) -> Void = { _ in }
    ) async throws(ArchiveError) -> ExtractionReport {
        try await following(file) { source, cancellation throws(ArchiveError) in
            let reader = try ArchiveReader(source, reading: .archive)
            let tree = try TreeWriter(folder)
            let extraction = Extraction(
                of: reader, into: tree, policy: policy, cancellation: cancellation, progress: progress)
            return try extraction.run()
        }
    }

    /// Expands one compressed file (gzip, xz, zstd, bzip2 or lz4; by content) to `target`, which must not exist.
    /// - Parameter isExecutable: it gets mode 0755, which no compressed file tells; else 0644.
    /// - Throws: `ArchiveError`; `target` does not exist then, unless it was there before.
    public static func expandSingle(
        _ file: FilePath, to target: FilePath, isExecutable: Bool = false, policy: ExtractionPolicy = ExtractionPolicy()
    ) async throws(ArchiveError) -> ExpandedFile {
        try await expandSingle(ArrivingFile(whole: file), to: target, isExecutable: isExecutable, policy: policy)
    }

    /// Expands one compressed file while it arrives, as `extract` does an archive.
    public static func expandSingle(
        _ file: ArrivingFile, to target: FilePath, isExecutable: Bool = false,
        policy: ExtractionPolicy = ExtractionPolicy()
    ) async throws(ArchiveError) -> ExpandedFile {
        try await following(file) { source, cancellation throws(ArchiveError) in
            try SingleFile(source, policy: policy).expand(to: target, isExecutable: isExecutable, cancellation)
        }
    }

    private static func following<Value: Sendable>(
        _ file: ArrivingFile,
        _ work: @escaping @Sendable (ArchiveSource, Cancellation) throws(ArchiveError) -> Value
    ) async throws(ArchiveError) -> Value {
        try await onThread(waking: file) { cancellation throws(ArchiveError) in
            try file.follow(cancellation) { source throws(ArchiveError) in try work(source, cancellation) }
        }
    }

    /// Runs `work` on a thread of its own: decoding blocks for seconds, and waiting for a download for hours, for which
    /// the cooperative pool has no thread to spare.
    ///
    /// - Parameter file: what `work` may wait for.
    static func onThread<Value: Sendable, Failure: Error>(
        waking file: ArrivingFile? = nil,
        _ work: @escaping @Sendable (Cancellation) throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let cancellation = Cancellation()
        let result = await withTaskCancellationHandler {
            await Threads.onThread {
                UTF8Locale.during { () -> Result<Value, Failure> in
                    do throws(Failure) { return .success(try work(cancellation)) } catch { return .failure(error) }
                }
            }
        } onCancel: {
            cancellation.cancel()
            file?.wake()
        }
        return try result.get()
    }
}
