import ArtifactTypes
import Provisioning

/// A reference of this vendor, taken apart: `oci://HOST[:PORT]/NAME[:TAG][@DIGEST]`, or at an instance with a registry
/// `INSTANCE:NAME[:TAG][@DIGEST]`.
struct OCIReference: Sendable {
    let server: RegistryServer
    /// With the namespace that names without a slash have there, as `library/llama3.2`: the instance's in its short form,
    /// Docker's own at Docker Hub. Any other URL says all of it.
    let repository: String
    /// The tag; `latest` where neither tag nor digest is given.
    let tag: String?
    let digest: Digest?
    /// The one spelling of all that name this artifact: with the tag that was meant, in the short form where the registry
    /// is the instance's.
    let canonical: ArtifactReference

    init(_ reference: ArtifactReference, _ settings: OCISettings) throws(ProvisionError) {
        let parts = reference.isURL ? try Self.url(reference) : try Self.short(reference, settings)
        server = try settings.server(parts.authority)
        digest = parts.digest
        tag = parts.tag ?? (parts.digest == nil ? "latest" : nil)
        let implied = Self.namespace(at: server, reference.isURL ? nil : settings)
        repository = parts.name.contains("/") ? parts.name : implied.map { "\($0)/\(parts.name)" } ?? parts.name
        if let reason = Self.objection(toName: repository) ?? tag.flatMap(Self.objection(toTag:)) {
            throw ProvisionError(.invalid, "\"\(reference)\" names no artifact of a registry: \(reason)")
        }
        let stem = Self.stem(of: repository, at: server, settings)
        let text = stem + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
        do {
            canonical = try ArtifactReference(parsing: text)
        } catch {
            throw ProvisionError(.invalid, error.description)
        }
    }

    /// What is asked for: the digest, where there is one.
    var asked: String { digest?.description ?? tag ?? "latest" }

    /// As messages call it: `registry.example/name:tag`.
    var subject: String { subject(at: server) }

    /// The same of a mirror.
    func subject(at server: RegistryServer) -> String {
        "\(server.names[0])/\(server.prefix)\(repository)\(digest.map { "@\($0)" } ?? ":\(asked)")"
    }

    /// The last part of the name with the tag, as files are named that have no name of their own.
    var fileStem: String {
        let name = repository.split(separator: "/").last.map(String.init) ?? repository
        return tag.map { "\(name)-\($0)" } ?? name
    }
}

extension OCIReference {
    /// What stands before a name without a slash.
    /// - Parameter settings: of the short form's instance; nil for a URL.
    private static func namespace(at server: RegistryServer, _ settings: OCISettings?) -> String? {
        settings?.namespace ?? (server.isHub ? "library" : nil)
    }

    /// The canonical reference without tag and digest.
    private static func stem(of repository: String, at server: RegistryServer, _ settings: OCISettings) -> String {
        let url = "oci://\(server.names[0])/\(shortened(repository, namespace(at: server, nil)))"
        let implied = namespace(at: server, settings)
        // A name without a slash would be read as one of the namespace.
        guard settings.registry == server, implied == nil || repository.contains("/") else { return url }
        let short = "\(settings.name):\(shortened(repository, implied))"
        // An instance with forms of its own need not take its name as a prefix.
        guard let reference = try? ArtifactReference(parsing: short),
            settings.forms.contains(where: { $0.matches(reference) })
        else { return url }
        return short
    }

    private static func shortened(_ repository: String, _ namespace: String?) -> String {
        guard let namespace, repository.hasPrefix(namespace + "/") else { return repository }
        let name = repository.dropFirst(namespace.count + 1)
        return name.contains("/") ? repository : String(name)
    }
}

extension OCIReference {
    private struct Parts {
        var authority: String
        var name: String
        var tag: String?
        var digest: Digest?
    }

    private static func url(_ reference: ArtifactReference) throws(ProvisionError) -> Parts {
        guard reference.fragment.isEmpty else {
            throw ProvisionError(.invalid, "\"\(reference)\": a fragment means nothing here", remedy: "leave it off")
        }
        let rest = reference.locator.dropFirst("oci://".count)
        let authority = rest.prefix { $0 != "/" }
        return try parts(
            authority: authority.lowercased(), rest.dropFirst(authority.count + 1), of: reference.description)
    }

    private static func short(_ reference: ArtifactReference, _ settings: OCISettings) throws(ProvisionError) -> Parts {
        guard let registry = settings.registry else {
            throw ProvisionError(
                .invalid, "\"\(reference)\" names no registry", remedy: "write oci://HOST/NAME:TAG")
        }
        // Cut at its last colon, `name@sha256:…` came apart as a revision and a selector.
        var text = reference.locator
        switch (reference.revision, reference.selector) {
        case (nil, let tag?): text += ":\(tag)"
        case (let revision?, let tag?) where Digest(revision) != nil:
            if !revision.hasSuffix(":\(tag)") { text += ":\(tag)" }
            text += "@\(revision)"
        case (let revision?, let hex?): text += "@\(revision):\(hex)"
        case (let revision?, nil): text += "@\(revision)"
        case (nil, nil): break
        }
        return try parts(authority: registry.names[0], text[...], of: reference.description)
    }

    private static func parts(
        authority: String, _ text: Substring, of reference: String
    ) throws(ProvisionError) -> Parts {
        var parts = Parts(authority: authority, name: String(text))
        if let at = parts.name.firstIndex(of: "@") {
            let hex = String(parts.name[parts.name.index(after: at)...])
            guard let digest = Digest(hex), digest.algorithm != .gitSHA1 else {
                throw ProvisionError(
                    .invalid, "\"\(reference)\": what follows \"@\" is not a digest",
                    remedy: "write @sha256: and 64 lower-case hexadecimal digits")
            }
            parts.digest = digest
            parts.name = String(parts.name[..<at])
        }
        let last = parts.name.lastIndex(of: "/") ?? parts.name.startIndex
        if let colon = parts.name[last...].firstIndex(of: ":") {
            parts.tag = String(parts.name[parts.name.index(after: colon)...])
            parts.name = String(parts.name[..<colon])
        }
        return parts
    }

    /// The specification's own rule and, for Ollama's sake, capitals.
    static func objection(toName name: String) -> String? {
        if name.utf8.count > 255 { return "its name is longer than 255 characters" }
        for part in name.split(separator: "/", omittingEmptySubsequences: false) {
            guard let first = part.utf8.first, let last = part.utf8.last else { return "a part of its name is empty" }
            guard part.utf8.allSatisfy(isNameByte) else {
                return "its name has other characters than letters, digits, \"-\", \"_\", \".\" and \"/\""
            }
            if !isAlphanumeric(first) || !isAlphanumeric(last) {
                return "a part of its name begins or ends with \"-\", \"_\" or \".\""
            }
        }
        return nil
    }

    private static func objection(toTag tag: String) -> String? {
        guard let first = tag.utf8.first, tag.utf8.count <= 128, tag.utf8.allSatisfy(isNameByte),
            isAlphanumeric(first) || first == UInt8(ascii: "_")
        else { return "\"\(tag.visiblyEscaped.prefix(140))\" is no tag" }
        return nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || "-_.".utf8.contains(byte) }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: false
        }
    }
}
