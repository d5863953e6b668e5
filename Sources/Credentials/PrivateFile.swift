import Logging
import SystemPackage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The bytes of a file that only its owner should read. That others can is told, and no error: it is the user's file,
/// and refusing it would only send its content to a worse place.
///
/// - Throws: `missing`, `unreadable` (also for what is no regular file), `tooLarge`.
func readPrivateFile(_ path: FilePath, limit: Int, logger: Logger) throws(CredentialError) -> [UInt8] {
    do {
        // Non-blocking, so that a fifo in its place is refused below instead of waited for.
        let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
        defer { try? file.close() }
        try examine(file, path, logger)
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = try piece.withUnsafeMutableBytes { try file.read(into: $0) }
            if count == 0 { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= limit else {
                throw CredentialError(.tooLarge, "file \(path): over \(limit) bytes, which is no secret")
            }
        }
    } catch let error as CredentialError {
        throw error
    } catch let errno as Errno where errno == .noSuchFileOrDirectory {
        throw CredentialError(.missing, "file \(path): no such file")
    } catch {
        let errno = error as? Errno ?? .ioError
        throw CredentialError(.unreadable(errno: errno.rawValue), "file \(path): \(errno)")
    }
}

private func examine(_ file: FileDescriptor, _ path: FilePath, _ logger: Logger) throws {
    var status = stat()
    guard fstat(file.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
        throw CredentialError(.unreadable(errno: Errno.invalidArgument.rawValue), "file \(path): not a regular file")
    }
    if status.st_mode & 0o077 != 0 {
        logger.warning("others can read the secret in \(path); say: chmod 600 \(path)")
    }
    // Root's own file is how a machine's administrator hands one out.
    if status.st_uid != geteuid(), status.st_uid != 0 {
        logger.warning("the secret in \(path) belongs to another user (id \(status.st_uid))")
    }
    var link = stat()
    if lstat(path.string, &link) == 0, link.st_mode & S_IFMT == S_IFLNK {
        logger.warning("the secret in \(path) is reached through a link; name the file itself")
    }
}
