import ArtifactTypes
import FoundationEssentials
import Provisioning
import VendorKit

/// Takes a plug-in's answer apart. Nothing in it is believed: what is not of the right type is garbage, and what would
/// lead out of bounds is named and refused.
struct PluginAnswer {
    let command: PluginCommand
    let kind: ArtifactKind
    /// Whether it brings files itself: those need no URL.
    var canFetch = false
    /// What it was given, and may put into headers alone.
    var secrets: [Secret] = []

    /// - Throws: `.unsafeContent` for a climbing path, a malformed digest, a forbidden URL or header, a reference that
    ///   is another vendor's, a secret in what is kept, more than an artifact has; `.unavailable` for what is not a resolution at all.
    func resolution(from line: [UInt8]) throws(ProvisionError) -> Resolution {
        var resolution: Resolution
        do {
            let answer = try JSONDecoder().decode(WireSuccess<BoundedResolution>.self, from: Data(line)).result
            resolution = answer.resolution
        } catch let error as BoundedResolution.TooLong {
            throw ProvisionError(.unsafeContent, "its answer has \(error.reason)")
        } catch let error as DecodingError {
            throw refusal(of: error)
        } catch {
            throw ProvisionError(.unavailable, "what it answers is not a resolution")
        }
        // First: in what is said of the rest, a host may be in another case.
        try checkSecrets(in: resolution.withoutSecrets)
        guard command.forms.contains(where: { $0.matches(resolution.reference) }) else {
            throw ProvisionError(
                .unsafeContent, "it answers with \"\(resolution.reference)\", which is not of its forms")
        }
        try check(resolution)
        // Whose answer it is and what it was asked for, the hive knows better.
        resolution.vendor = command.vendor
        resolution.kind = kind
        return resolution
    }

    private func refusal(of error: DecodingError) -> ProvisionError {
        let (path, reason) =
            switch error {
            case .dataCorrupted(let context): (context.codingPath, context.debugDescription)
            case .typeMismatch(_, let context): (context.codingPath, context.debugDescription)
            case .valueNotFound(_, let context): (context.codingPath, context.debugDescription)
            case .keyNotFound(let key, let context): (context.codingPath + [key], "it is missing")
            @unknown default: ([], "it cannot be decoded")
            }
        let names = path.dropFirst().map { key in key.intValue.map { "\($0)" } ?? key.stringValue }
        let place = names.isEmpty ? "" : " (\(names.joined(separator: ".")))"
        if case .dataCorrupted = error, ["path", "digest", "reference"].contains(path.last?.stringValue) {
            return ProvisionError(.unsafeContent, "\(reason)\(place)")
        }
        return ProvisionError(
            .unavailable, "what it answers is not a resolution\(place): \(reason)")
    }

    private func check(_ resolution: Resolution) throws(ProvisionError) {
        let revision = resolution.revision
        guard !revision.isEmpty, revision.utf8.count <= 256,
            !revision.unicodeScalars.contains(where: \.isControlOrInvisible)
        else { throw ProvisionError(.unsafeContent, "its revision is empty, too long or has control characters") }
        guard resolution.git == nil else {
            throw ProvisionError(
                .unsupported, "it answers with a git payload; only files are taken from a plug-in so far")
        }
        guard !resolution.files.isEmpty else { throw ProvisionError(.unavailable, "it lists no file") }
        var paths: Set<RelativePath> = []
        for file in resolution.files {
            guard paths.insert(file.path).inserted else {
                throw ProvisionError(.unsafeContent, "it lists \(file.path) twice")
            }
            if file.sources.isEmpty { try checkBrought(file) }
            for source in file.sources {
                try check(url: source.url, of: file.path)
                try check(headers: source.headers, of: file.path)
            }
        }
    }

    /// - Parameter resolution: as it is kept and shown.
    private func checkSecrets(in resolution: Resolution) throws(ProvisionError) {
        // What is shorter, as a user's name, may be in a path or license by right.
        let secrets = secrets.filter { $0.reveal().utf8.count >= 8 }
        guard !secrets.isEmpty else { return }
        let kept: [(String, any Encodable)] = [
            ("reference", resolution.reference), ("revision", resolution.revision), ("files", resolution.files),
            ("metadata", resolution.metadata),
        ]
        for (member, value) in kept {
            // What was decoded can be encoded.
            guard let json = try? JSONEncoder().encode(value) else { continue }
            let text = String(decoding: json, as: UTF8.self)
            guard secrets.allSatisfy({ $0.redacted(from: text) == text }) else {
                throw ProvisionError(
                    .unsafeContent,
                    "a secret that it was given stands in \"\(member)\" of its answer, which is written to the store",
                    remedy: "only \"headers\" of a file are not; or a parameter of its URL, as \"token\" is")
            }
        }
    }

    private func checkBrought(_ file: RemoteFile) throws(ProvisionError) {
        guard canFetch else {
            throw ProvisionError(
                .unavailable, "it lists no URL of \(file.path), and does not say \"fetch\": true in its introduction")
        }
        guard file.unpack == .none else {
            throw ProvisionError(.unsupported, "\(file.path), which it fetches itself, cannot be unpacked")
        }
    }

    private func check(url: String, of path: RelativePath) throws(ProvisionError) {
        guard let origin = WebOrigin(of: url) else {
            if URLSecrets.hasUser(url) {
                throw ProvisionError(
                    .unsafeContent, "it names a URL for \(path) that has a user or password in it",
                    remedy: "send them in \"headers\" of the file")
            }
            let scheme = url.firstIndex(of: ":").map { url[...$0] } ?? ""
            throw ProvisionError(
                .unsafeContent,
                "it names a URL that is not plain http or https for \(path) (\"\(scheme)…\")")
        }
        if origin.scheme == "http", !command.origins.contains(origin) {
            throw ProvisionError(
                .unsafeContent, "it names a plain http URL for \(path), at \(origin)",
                remedy: "add it to \"origins\" in the vendor's file if that is meant")
        }
    }

    private func check(headers: [String: Secret], of path: RelativePath) throws(ProvisionError) {
        // What would change the framing, the place or the part of the answer is ours to say.
        let reserved = ["host", "range", "if-range", "content-length", "transfer-encoding", "connection", "expect"]
        for (name, value) in headers {
            let isToken =
                !name.isEmpty && name.utf8.count <= 128
                && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }
            let isPlain = value.reveal().unicodeScalars.allSatisfy { !$0.isControlOrInvisible }
            guard isToken, isPlain, !reserved.contains(name.lowercased()) else {
                throw ProvisionError(
                    .unsafeContent,
                    "it names a header for \(path) that is not its to set "
                        + "(\"\(name)\")")
            }
        }
    }
}
