import ArtifactTypes
public import Provisioning
public import SystemPackage

extension VendorRegistry {
    /// Says `enabled = true` or `false` in a vendor's file; of a built-in vendor, in a new file in `folder`.
    ///
    /// Nothing else of the file changes: comments and order stay, and so does its mode.
    ///
    /// - Returns: the file, and whether anything had to be changed.
    /// - Throws: `.invalid` for an unknown name, `.configuration` for a broken file or one in which the line cannot be
    ///   changed safely, `.io` where it cannot be written.
    public func set(
        enabled: Bool, of name: String, folder: FilePath
    ) throws(ProvisionError) -> (file: FilePath?, isChanged: Bool) {
        guard let slot = active.first(where: { $0.name == name }) else { throw unknown(name) }
        guard case .loaded(let loaded) = slot.content else {
            _ = try usable(slot)
            return (slot.file, false)
        }
        guard loaded.configuration.enabled != enabled else { return (slot.file, false) }
        guard let file = slot.file else {
            let draft = VendorDraft(name: name, module: loaded.configuration.module, enabled: enabled)
            return (try add(draft, in: folder, replacing: true), true)
        }
        let place = FolderFile(file)
        let text = try place.read()
        let changed = EnabledLine(text: text).saying(enabled)
        let after = changed.flatMap { try? Self.checked($0, at: file, modules: descriptors) }
        guard let changed, let after, after.configuration.enabled == enabled, after.configuration.name == name else {
            throw ProvisionError(
                .configuration, "\(file.string): the line cannot be changed safely",
                remedy: "write enabled = \(enabled) above its tables by hand")
        }
        try place.replace(by: changed)
        return (file, true)
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
