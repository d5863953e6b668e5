import ArtifactTypes
import Provisioning

/// One item of a service's list, in either of the shapes that there are.
///
/// - Flat: an item a variant. `workerType` (or `worker_type`), `platforms`, `architectures`, `pkgbuildUrl`, … stand in
///   the item itself, whose id ends with the variant (`llm-worker-rbee-cpu`).
/// - Nested: an item a worker, with `variants` of `{backend, platforms, architectures, pkgbuildUrl, pkgbuildUrlGit, …}`,
///   and what it can do in `capabilities`.
///
/// What is not known here is passed over; what is known and of another type is an error.
struct ServiceEntry {
    let id: String
    /// Items of the same name and version are variants of one worker.
    let worker: OfferedWorker

    /// - Parameters:
    ///   - item: a member of `workers`, or the answer for one id.
    ///   - address: what the URLs in it are relative to.
    /// - Throws: `.unsafeContent` for an id or version that cannot be one, `.unavailable` for another shape, `.untrusted`
    ///   for a URL that is not to be asked.
    init(_ item: JSONValue, at address: ServiceAddress) throws(ProvisionError) {
        let fields = try ServiceFields(item, of: "a worker")
        let id = try fields.text("id")
        guard Self.isName(id) else {
            throw ProvisionError(.unsafeContent, "\(address.url): \"\(id.visiblyEscaped.prefix(200))\" cannot be an id")
        }
        let named = fields.called(id)
        let version = try named.text("version")
        guard Self.isName(version) else {
            throw ProvisionError(
                .unsafeContent,
                "\(address.url): worker \(id) has the version \"\(version.visiblyEscaped.prefix(200))\"")
        }
        self.id = id
        let nested = try named.objects("variants")
        var name = id
        var variants: [OfferedWorker.Variant] = []
        if let nested {
            for fields in nested {
                if let variant = try Self.variant(fields, type: "backend", id: id, at: address) {
                    variants.append(variant)
                }
            }
        } else if let variant = try Self.variant(named, type: "workerType", id: id, at: address) {
            variants = [variant]
            let suffix = "-\(variant.accelerator.rawValue)"
            if name.hasSuffix(suffix), name != suffix { name.removeLast(suffix.utf8.count) }
        }
        let abilities = try named.object("capabilities") ?? named
        worker = OfferedWorker(
            name: name, version: version, title: try named.optionalText("name"),
            summary: try named.optionalText("description"), license: try named.optionalText("license"),
            variants: variants, supportedFormats: try abilities.texts("supportedFormats"),
            maxContextLength: try abilities.integer("maxContextLength"),
            supportsStreaming: try abilities.flag("supportsStreaming"),
            supportsBatching: try abilities.flag("supportsBatching"))
    }

    /// Nil for an accelerator that is not known here.
    private static func variant(
        _ fields: ServiceFields, type: String, id: String, at address: ServiceAddress
    ) throws(ProvisionError) -> OfferedWorker.Variant? {
        guard let accelerator = Accelerator(rawValue: try fields.text(type).lowercased()) else { return nil }
        let plain = try fields.optionalText("pkgbuildUrl") ?? "\(address.url)/workers/\(id)/PKGBUILD"
        let git = try fields.optionalText("pkgbuildUrlGit")
        let url = try address.resolve(plain)
        // One alone says by its name what it is: as on AUR, NAME-bin packages what others have compiled.
        let isPrebuilt = git != nil || plain.prefix { $0 != "?" && $0 != "#" }.hasSuffix("-bin.PKGBUILD")
        let source = try git.map { text throws(ProvisionError) in try address.resolve(text) }
        return OfferedWorker.Variant(
            accelerator: accelerator, platforms: try fields.texts("platforms").map { $0.lowercased() },
            architectures: try fields.texts("architectures").map { $0.lowercased() },
            prebuilt: isPrebuilt ? url : nil, source: isPrebuilt ? source : url,
            program: try fields.optionalText("binaryName").flatMap { isName($0) ? $0 : nil },
            packages: try fields.texts("makedepends") + fields.texts("depends"))
    }

    /// Letters, digits and `._+-`, beginning with a letter or digit, at most 100 bytes: it becomes part of paths.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 100 else { return false }
        let isPlain = { (byte: UInt8) in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        return isPlain(first) && text.utf8.allSatisfy { isPlain($0) || "._+-".utf8.contains($0) }
    }
}
