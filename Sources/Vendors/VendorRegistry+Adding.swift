import ArtifactTypes
public import Provisioning
public import SystemPackage

extension VendorRegistry {
    /// The text of a new vendors.d file, checked as if it stood at `file` already, its options by their module too.
    ///
    /// - Throws: `.invalid` with the place in the file that would be refused, and why.
    private func text(of draft: VendorDraft, at file: FilePath) throws(ProvisionError) -> String {
        guard VendorFile.isName(draft.name) else {
            throw ProvisionError(
                .invalid,
                "bad name \"\(draft.name.visiblyEscaped)\": a letter, then letters, digits, \"-\", \"_\" or \".\"")
        }
        let descriptor = modules[draft.module]?.descriptor
        let text = try draft.text(descriptor?.options ?? [])
        let parsed: VendorFile
        do {
            parsed = try Self.checked(text, at: file, modules: descriptors)
        } catch {
            throw ProvisionError(.invalid, "the file would be refused: \(error.message)", remedy: error.remedy)
        }
        if draft.enabled, let failure = make(parsed.configuration).failure {
            let placed = parsed.placed(failure, at: file)
            throw ProvisionError(.invalid, placed.message, remedy: placed.remedy)
        }
        return text
    }

    /// The text of the file that `add` would write.
    ///
    /// - Parameter replacing: whether it may stand in the place of a vendor that is built in or in an earlier folder.
    /// - Throws: `.invalid` for what would be refused, or a name that is taken.
    public func text(
        of draft: VendorDraft, in folder: FilePath, replacing: Bool
    ) throws(ProvisionError) -> String {
        let file = folder.appending(draft.name + ".toml")
        let text = try text(of: draft, at: file)
        if let slot = active.first(where: { $0.name == draft.name }) {
            let place = slot.file.map { "in \($0.string)" } ?? "built in"
            guard slot.file?.removingLastComponent() != folder else {
                throw ProvisionError(
                    .invalid, "there is a vendor \(draft.name) \(place)", remedy: "change that file, or remove it first"
                )
            }
            guard slot.folder < rank(of: folder) else {
                throw ProvisionError(
                    .invalid, "a vendor \(draft.name) \(place) would still hold", remedy: "that folder is read later")
            }
            guard replacing else {
                throw ProvisionError(
                    .invalid, "there is a vendor \(draft.name) already, \(place)",
                    remedy: "choose another name, or say --replace to put this one in its place")
            }
        }
        if (try? file.stat()) != nil { throw FolderFile.taken(file) }
        return text
    }

    /// Writes a new vendors.d file into `folder`, which is made where it is missing; nothing is overwritten.
    ///
    /// - Returns: the file.
    /// - Throws: as `text(of:in:replacing:)`; `.io` where it cannot be written.
    public func add(
        _ draft: VendorDraft, in folder: FilePath, replacing: Bool = false
    ) throws(ProvisionError) -> FilePath {
        let text = try text(of: draft, in: folder, replacing: replacing)
        let file = folder.appending(draft.name + ".toml")
        try FolderFile(file).create(text)
        return file
    }

    /// How late a folder is read; of one that is not read at all, as if it were the last.
    func rank(of folder: FilePath) -> Int {
        folders.firstIndex(of: folder).map { $0 + 1 } ?? Int.max
    }

    /// - Throws: `.invalid` with the place of the first mistake.
    static func checked(
        _ text: String, at file: FilePath, modules: [VendorDescriptor]
    ) throws(ProvisionError) -> VendorFile {
        do throws(VendorFileError) {
            let document: TOMLDocument
            do throws(TOMLDocument.SyntaxError) {
                document = try TOMLDocument(parsing: text)
            } catch {
                throw VendorFileError(
                    file: file.string, line: error.place.line, column: error.place.column, message: error.message)
            }
            return try VendorFile(document, at: file, modules: modules)
        } catch {
            throw ProvisionError(.invalid, error.description)
        }
    }
}
