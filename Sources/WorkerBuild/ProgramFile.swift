import ArtifactTypes
public import SystemPackage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The program that a build left at `path` below `checkout`. The build is dead, so what is seen here stays as it is.
///
/// - Throws: `unsafeOutput` where a link stands anywhere on the way, where it is no regular and executable file, or no
///   program by its first bytes.
func program(_ path: RelativePath, in checkout: FilePath) throws(BuildError) -> FilePath {
    func unsafe(_ reason: String) -> BuildError {
        BuildError(.unsafeOutput, "the build's output \(path) \(reason)", remedy: "see 'binary' of the recipe")
    }
    do {
        let file = try openInside(checkout, path)
        defer { try? file.close() }
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw unsafe("is not a regular file") }
        guard status.st_mode & 0o111 != 0 else { throw unsafe("is not executable") }
        var head = [UInt8](repeating: 0, count: 4)
        let count = try head.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: 0, into: $0) }
        guard isProgram(Array(head[..<count])) else { throw unsafe("is no program: neither ELF, Mach-O nor a script") }
        return checkout.appending(path.string)
    } catch let error as BuildError {
        throw error
    } catch Errno.noSuchFileOrDirectory {
        throw unsafe("is not there")
    } catch Errno.tooManySymbolicLinkLevels, Errno.notDirectory {
        throw unsafe("is a link or lies behind one")
    } catch {
        throw BuildError(.io, "cannot read the build's output \(path): \(error)")
    }
}

/// A file below a folder that someone else has filled, for reading; a link anywhere on the way is an error.
private func openInside(_ root: FilePath, _ path: RelativePath) throws -> FileDescriptor {
    var folder = try FileDescriptor.open(root, .readOnly, options: [.directory, .closeOnExec])
    defer { try? folder.close() }
    for component in path.components.dropLast() {
        let next = try open(component, in: folder, O_DIRECTORY)
        try folder.close()
        folder = next
    }
    // Non-blocking: a fifo is refused, not waited for.
    return try open(path.lastComponent, in: folder, O_NONBLOCK)
}

/// The PKGBUILD of a checkout.
///
/// - Throws: `invalidRecipe` where it is not there, no regular file or over 1 MiB.
func packageBuildFile(_ path: RelativePath, in checkout: FilePath) throws(BuildError) -> [UInt8] {
    let limit = 1 << 20
    do {
        let file = try openInside(checkout, path)
        defer { try? file.close() }
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit else {
            throw BuildError(.invalidRecipe, "the PKGBUILD \(path) is no regular file, or over 1 MiB")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let read = try bytes.withUnsafeMutableBytes {
                try file.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[count...]))
            }
            if read == 0 { break }
            count += read
        }
        return Array(bytes[..<count])
    } catch let error as BuildError {
        throw error
    } catch {
        throw BuildError(
            .invalidRecipe, "cannot read the PKGBUILD \(path) of the checkout: \(error)",
            remedy: "see 'pkgbuild' of the recipe")
    }
}

extension BuildRecipe {
    /// The Cargo.lock that fixed the versions of what was built, which not every repository commits: the one of the
    /// recipe's folder, else of the checkout's root. One that is a link, or lies behind one, is none.
    public func lockFiles(in checkout: FilePath) -> [FilePath] {
        let name = "Cargo.lock"
        let places = [directory.flatMap { try? $0.appending(RelativePath(name)) }, try? RelativePath(name)]
        let file = places.compactMap(\.self).first { path in
            guard let file = try? openInside(checkout, path) else { return false }
            defer { try? file.close() }
            var status = stat()
            return fstat(file.rawValue, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        }
        return file.map { [checkout.appending($0.string)] } ?? []
    }
}

private func open(_ name: String, in folder: FileDescriptor, _ flags: Int32) throws -> FileDescriptor {
    let descriptor = openat(folder.rawValue, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | flags)
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    return FileDescriptor(rawValue: descriptor)
}

private func isProgram(_ head: [UInt8]) -> Bool {
    let machO: [[UInt8]] = [[0xCF, 0xFA, 0xED, 0xFE], [0xFE, 0xED, 0xFA, 0xCF], [0xCA, 0xFE, 0xBA, 0xBE]]
    return head == [0x7F, 0x45, 0x4C, 0x46] || machO.contains(head) || head.starts(with: "#!".utf8)
}
