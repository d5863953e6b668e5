import FoundationEssentials
public import Provisioning
public import SystemPackage

extension VendorRegistry {
    /// Reads the built-in vendors and then the `*.toml` files of `folders`, in the order given and by name.
    ///
    /// A folder that is not there is no error. Nothing is made and nothing asked: only files are read.
    public static func load(
        modules: [VendorModule], folders: [FilePath], services: ProvisionServices
    ) -> VendorRegistry {
        let descriptors = modules.map(\.descriptor)
        var slots = descriptors.flatMap(\.builtIn).map { VendorSlot(builtIn: $0) }
        for (index, folder) in folders.enumerated() {
            slots += FolderReader(folder: folder, rank: index + 1, modules: descriptors).slots()
        }
        var seen: Set<String> = []
        for index in slots.indices.reversed() {
            slots[index].isShadowed = !seen.insert(slots[index].name).inserted
            guard slots[index].isShadowed, let decides = slots.lastIndex(where: { $0.name == slots[index].name }),
                case .broken = slots[decides].content
            else { continue }
            // What a broken file was to replace stays that vendor's, as long as nobody can tell what replaces it.
            slots[decides].salvage.configurations += slots[index].configuration.map { [$0] } ?? []
        }
        return VendorRegistry(slots: slots, folders: folders, modules: modules, services: services)
    }
}

/// Reads one vendors.d folder.
private struct FolderReader {
    let folder: FilePath
    let rank: Int
    let modules: [VendorDescriptor]

    func slots() -> [VendorSlot] {
        let names: [String]
        do {
            guard try folder.stat().type == .directory else { return [unreadable("not a folder")] }
            names = try FileManager.default.contentsOfDirectory(atPath: folder.string)
        } catch Errno.noSuchFileOrDirectory {
            return []
        } catch {
            return [unreadable("cannot read the folder: \(error)")]
        }
        let files = names.filter { $0.hasSuffix(".toml") && !$0.hasPrefix(".") }.sorted()
        var slots: [VendorSlot] = []
        for name in files {
            guard let slot = read(folder.appending(name)) else { continue }
            slots.append(slots.first { $0.name == slot.name }.map { twice(slot, first: $0) } ?? slot)
        }
        return slots
    }

    /// Nil for a file without a single key: an example whose lines are all comments configures nothing.
    private func read(_ file: FilePath) -> VendorSlot? {
        var name = file.stem ?? file.string
        var found: String?
        do {
            let text = try read(textOf: file)
            found = text
            name = VendorFile.salvagedName(from: text, file: file)
            let document: TOMLDocument
            do {
                document = try TOMLDocument(parsing: text)
            } catch {
                throw VendorFileError(
                    file: file.string, line: error.place.line, column: error.place.column, message: error.message)
            }
            if document.root.isEmpty { return nil }
            let parsed = try VendorFile(document, at: file, modules: modules)
            return VendorSlot(
                name: parsed.configuration.name, folder: rank, file: file, content: .loaded(parsed))
        } catch {
            let reason =
                error as? VendorFileError
                ?? VendorFileError(file: file.string, line: 1, column: 1, message: "cannot read it: \(error)")
            var slot = VendorSlot(name: name, folder: rank, file: file, content: .broken(reason))
            if let found { slot.salvage = VendorSalvage(from: found, of: name, at: file, modules: modules) }
            return slot
        }
    }

    /// - Throws: `VendorFileError` for a file that is too big or not UTF-8, `Errno` for one that cannot be read.
    private func read(textOf file: FilePath) throws -> String {
        // Without nonBlocking a fifo of that name would hold us up for ever.
        let descriptor = try FileDescriptor.open(file, .readOnly, options: [.nonBlocking, .closeOnExec])
        return try descriptor.closeAfter {
            guard try descriptor.stat().type == .regular else {
                throw VendorFileError(file: file.string, line: 1, column: 1, message: "it is not a regular file")
            }
            var bytes: [UInt8] = []
            while bytes.count <= VendorFile.maximumSize {
                let part = try [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
                    count = try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
                }
                if part.isEmpty { break }
                bytes += part
            }
            guard bytes.count <= VendorFile.maximumSize else {
                throw VendorFileError(file: file.string, line: 1, column: 1, message: "it is larger than 1 MiB")
            }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
                throw VendorFileError(file: file.string, line: line + 1, column: 1, message: "it is not UTF-8 text")
            }
            return text
        }
    }

    /// The second file of a name in one folder: which is meant cannot be told, so the name is disabled.
    private func twice(_ slot: VendorSlot, first: VendorSlot) -> VendorSlot {
        guard case .loaded(let file) = slot.content else { return slot }
        let error = VendorFileError(
            file: slot.file?.string ?? slot.name, line: file.namePlace.line, column: file.namePlace.column,
            message: "the name \"\(slot.name)\" is in \(first.file?.string ?? "this folder") already")
        var broken = VendorSlot(name: slot.name, folder: rank, file: slot.file, content: .broken(error))
        broken.salvage = VendorSalvage(configurations: [file.configuration], isComplete: true)
        return broken
    }

    private func unreadable(_ reason: String) -> VendorSlot {
        let error = VendorFileError(file: folder.string, line: 1, column: 1, message: reason)
        return VendorSlot(name: folder.string, folder: rank, file: folder, content: .broken(error))
    }
}
