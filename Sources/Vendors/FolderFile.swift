import FoundationEssentials
import Provisioning
import SystemPackage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file of a vendors.d folder, written so that whoever reads the folder sees all of it or none.
struct FolderFile {
    let path: FilePath

    init(_ path: FilePath) {
        self.path = path
    }

    /// - Throws: `.io`.
    func read() throws(ProvisionError) -> String {
        try attempt("read") {
            let data = try path.contents()
            guard let text = String(validating: data, as: UTF8.self) else { throw Errno.illegalByteSequence }
            return text
        }
    }

    /// Makes the file, and its folder where that is missing.
    ///
    /// The file is its owner's alone (0600): it says where secrets are.
    ///
    /// - Throws: `.invalid` where there is such a file, `.io`.
    func create(_ text: String) throws(ProvisionError) {
        try attempt("write") {
            try FileManager.default.createDirectory(
                atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
            let draft = try write(text, mode: [.ownerReadWrite])
            defer { _ = draft.withPlatformString { unlink($0) } }
            // Unlike a rename, a link never takes the place of what is there.
            let result = draft.withPlatformString { draft in path.withPlatformString { link(draft, $0) } }
            if result != 0 { throw Errno(rawValue: errno) }
        }
    }

    /// Replaces the text of a file that is there; where the name is a link, of what it leads to.
    ///
    /// - Throws: `.io`.
    func replace(by text: String) throws(ProvisionError) {
        try attempt("write") {
            let target = FolderFile(FilePath(try path.resolved()))
            let draft = try target.write(text, mode: try target.path.stat().permissions)
            let result = draft.withPlatformString { draft in target.path.withPlatformString { rename(draft, $0) } }
            guard result != 0 else { return }
            let error = Errno(rawValue: errno)
            _ = draft.withPlatformString { unlink($0) }
            throw error
        }
    }

    /// - Throws: `.io`.
    func remove() throws(ProvisionError) {
        try attempt("remove") {
            if path.withPlatformString({ unlink($0) }) != 0 { throw Errno(rawValue: errno) }
        }
    }

    /// Writes the text to a name beside the file that no reader of the folder looks at.
    private func write(_ text: String, mode: FilePermissions) throws -> FilePath {
        let name = ".\(path.lastComponent?.string ?? "")-\(getpid()).new"
        let draft = path.removingLastComponent().appending(name)
        let file = try FileDescriptor.open(
            draft, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec], permissions: mode)
        do {
            try file.closeAfter {
                try file.writeAll(text.utf8)
                if fsync(file.rawValue) != 0 { throw Errno(rawValue: errno) }
            }
        } catch {
            _ = draft.withPlatformString { unlink($0) }
            throw error
        }
        return draft
    }

    static func taken(_ path: FilePath) -> ProvisionError {
        ProvisionError(
            .invalid, "there is a file \(path.string) already", remedy: "change that file, or remove it first")
    }

    private func attempt<R>(_ what: String, _ body: () throws -> R) throws(ProvisionError) -> R {
        do {
            return try body()
        } catch Errno.fileExists {
            throw Self.taken(path)
        } catch {
            let cause = (error as? Errno) ?? Errno(foundation: error)
            throw ProvisionError(.io(errno: cause.rawValue), "cannot \(what) \(path.string): \(cause)")
        }
    }
}

extension FilePath {
    fileprivate func contents() throws -> [UInt8] {
        let file = try FileDescriptor.open(self, .readOnly, options: [.closeOnExec])
        return try file.closeAfter {
            var bytes: [UInt8] = []
            while bytes.count <= VendorFile.maximumSize {
                let part = try [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
                    count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
                }
                if part.isEmpty { return bytes }
                bytes += part
            }
            throw Errno.fileTooLarge
        }
    }

    fileprivate func resolved() throws -> String {
        guard let text = withPlatformString({ realpath($0, nil) }) else { throw Errno(rawValue: errno) }
        defer { free(text) }
        return String(cString: text)
    }
}
