import ArtifactTypes
public import Provisioning
public import SystemPackage

/// What became of a vendor's file when the vendor was enabled or disabled.
public struct VendorChange: Sendable, Hashable {
    /// The file that decides now; nil for a built-in vendor.
    public var file: FilePath?
    public var isChanged = true
    /// The file of an earlier folder that `file` is a copy of, but for the line.
    public var original: FilePath?
    /// The user's file that said nothing more, and is gone.
    public var removed: FilePath?
}

extension VendorRegistry {
    /// Says `enabled = true` or `false` in a vendor's file; of a built-in vendor, and of one of an earlier folder, in a
    /// file of its own in `folder`, the user's. Where such a file says nothing else, it is removed instead.
    ///
    /// Nothing else of a file changes: comments and order stay, and so does its mode.
    ///
    /// - Throws: `.invalid` for an unknown name, `.configuration` for a broken file or one in which the line cannot be
    ///   changed safely, `.io` where it cannot be written.
    public func set(enabled: Bool, of name: String, folder: FilePath) throws(ProvisionError) -> VendorChange {
        guard let slot = active.first(where: { $0.name == name }) else { throw unknown(name) }
        guard case .loaded(let loaded) = slot.content else {
            _ = try usable(slot)
            return VendorChange(file: slot.file, isChanged: false)
        }
        guard loaded.configuration.enabled != enabled else { return VendorChange(file: slot.file, isChanged: false) }
        let own = rank(of: folder)
        guard let file = slot.file, slot.folder >= own else {
            let text = try text(of: slot, loaded.configuration, saying: enabled)
            let copy = folder.appending(name + ".toml")
            if enabled, text.contains("\"./") || text.contains("'./") {
                throw ProvisionError(
                    .configuration, "\(slot.file?.string ?? name) names files beside it, which a copy would not find",
                    remedy: "copy it to \(copy.string) by hand, with whole paths and enabled = true")
            }
            try FolderFile(copy).create(text)
            return VendorChange(file: copy, original: slot.file)
        }
        if slot.folder == own, let earlier = slots.last(where: { $0.name == name && $0.folder < own }),
            let replaced = earlier.configuration, replaced.enabled == enabled,
            try FolderFile(file).read() == (try? text(of: earlier, replaced, saying: !enabled))
        {
            try FolderFile(file).remove()
            return VendorChange(file: earlier.file, removed: file)
        }
        try FolderFile(file).replace(by: text(of: slot, loaded.configuration, saying: enabled))
        return VendorChange(file: file)
    }

    /// The text of the vendor's file, of a built-in one as if it had one, with that line.
    private func text(
        of slot: VendorSlot, _ configuration: VendorConfiguration, saying enabled: Bool
    ) throws(ProvisionError) -> String {
        guard let file = slot.file else {
            return try VendorDraft(of: configuration, enabled: enabled)
                .text(modules[configuration.module]?.descriptor.options ?? [])
        }
        let changed = EnabledLine(text: try FolderFile(file).read()).saying(enabled)
        let after = changed.flatMap { try? Self.checked($0, at: file, modules: descriptors) }
        guard let changed, let after, after.configuration.enabled == enabled, after.configuration.name == slot.name
        else {
            throw ProvisionError(
                .configuration, "\(file.string): the line cannot be changed safely",
                remedy: "write enabled = \(enabled) above its tables by hand")
        }
        return changed
    }
}

/// The line of a vendors.d file that says whether the vendor is in use.
struct EnabledLine {
    let text: String

    /// The text with that line changed, or put in below the name; nil where neither is found.
    func saying(_ enabled: Bool) -> String? {
        guard let document = try? TOMLDocument(parsing: text) else { return nil }
        // By scalars: to Swift a CR and the LF after it are one character.
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        if let place = document.exactPlace(of: [.key("enabled")]) {
            guard lines.indices.contains(place.line - 1) else { return nil }
            let line = lines[place.line - 1]
            let word = enabled ? "false" : "true"
            guard let sign = line.firstIndex(of: "="), let old = line[sign...].firstRange(of: word) else { return nil }
            lines[place.line - 1].replaceSubrange(old, with: "\(enabled)")
        } else {
            guard let place = document.exactPlace(of: [.key("name")]), lines.indices.contains(place.line - 1) else {
                return nil
            }
            let end = lines[place.line - 1].hasSuffix("\r") ? "\r" : ""
            lines.insert("enabled = \(enabled)\(end)", at: place.line)
        }
        return lines.joined(separator: "\n")
    }
}
