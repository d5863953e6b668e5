public import ArtifactTypes

/// One item of a PKGBUILD's `source`: `[name::]url`, or a file beside the PKGBUILD.
public struct PackageSource: Sendable, Hashable {
    public enum Place: Sendable, Hashable {
        /// A reference of a git vendor, as `git+https://host/path.git#tag=v1`.
        case git(String)
        /// A file by https or http.
        case file(String)
        /// A file beside the PKGBUILD.
        case local(RelativePath)
    }

    /// What it is called in `$srcdir`.
    public let name: RelativePath
    public let place: Place
    /// What it must have; empty where the PKGBUILD says `SKIP`, or nothing.
    public let sums: [PackageSum]
    /// Whether an archive is unpacked.
    public let unpack: Bool

    /// - Parameter unpacked: names that are not to be unpacked.
    /// - Throws: `invalidRecipe` for a protocol that nobody here speaks, and for a name that is more than one.
    init(_ text: String, sums: [PackageSum], unpacked: Set<String>) throws(BuildError) {
        let split = text.firstRange(of: "::")
        let url = split.map { String(text[$0.upperBound...]) } ?? text
        var given = split.map { String(text[..<$0.lowerBound]) }
        if let scheme = url.firstRange(of: "://").map({ url[..<$0.lowerBound] }) {
            let stem = url.prefix { $0 != "#" && $0 != "?" }
            var last = String(stem.split(separator: "/").last ?? "")
            switch scheme {
            case "git+https", "git+http", "git+ssh", "git+file", "git":
                if last.hasSuffix(".git") { last.removeLast(4) }
                place = .git(Self.withoutSigned(scheme == "git" ? "git+" + url : url))
            case "https", "http":
                place = .file(url)
            default:
                throw BuildError(
                    .invalidRecipe, "the PKGBUILD's source \(text.visiblyEscaped): nothing here fetches \(scheme)",
                    remedy: "git+https, git+ssh, git+file, https and http are fetched")
            }
            if given == nil { given = last }
        } else {
            do {
                let path = try RelativePath(url)
                place = .local(path)
                if given == nil { given = path.lastComponent }
            } catch {
                throw BuildError(.invalidRecipe, "the PKGBUILD's source is an \(error)")
            }
        }
        do {
            name = try RelativePath(given ?? "")
        } catch {
            throw BuildError(.invalidRecipe, "the PKGBUILD's source \(text.visiblyEscaped) has no name: \(error)")
        }
        guard name.parent == nil else {
            throw BuildError(.invalidRecipe, "the PKGBUILD's source \(text.visiblyEscaped): its name has a slash")
        }
        self.sums = sums
        unpack = !unpacked.contains(name.string)
    }

    /// `?signed` asks makepkg to check signatures, before or after the fragment; there is no keyring here.
    private static func withoutSigned(_ url: String) -> String {
        url.replacing("?signed", with: "", maxReplacements: 1)
    }

    /// Whether what comes is what the PKGBUILD's author had: by a digest that nobody can forge, by a commit, or because
    /// it lies in the checkout.
    public var isVouchedFor: Bool {
        if case .file = place { sums.contains { $0.algorithm.isStrong } } else { true }
    }

    /// The digest that the transfer itself can check.
    public var digest: Digest? {
        for (algorithm, known) in [(PackageSum.Algorithm.sha256, Digest.Algorithm.sha256), (.sha512, .sha512)] {
            if let sum = sums.first(where: { $0.algorithm == algorithm }) { return Digest(known, hex: sum.hex) }
        }
        return nil
    }
}

/// A digest that a PKGBUILD gives of a source.
public struct PackageSum: Sendable, Hashable {
    public enum Algorithm: String, Sendable, Hashable, CaseIterable {
        case b2, sha512, sha384, sha256, sha224, sha1, md5

        /// Two files of the same SHA-1 or MD5 can be made by anyone.
        public var isStrong: Bool { self != .sha1 && self != .md5 }

        fileprivate var length: Int {
            switch self {
            case .b2, .sha512: 128
            case .sha384: 96
            case .sha256: 64
            case .sha224: 56
            case .sha1: 40
            case .md5: 32
            }
        }
    }

    public let algorithm: Algorithm
    /// In lower case.
    public let hex: String

    init(_ algorithm: Algorithm, _ text: String, of source: String) throws(BuildError) {
        self.algorithm = algorithm
        hex = text.lowercased()
        guard hex.utf8.count == algorithm.length, hex.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
            throw BuildError(
                .invalidRecipe,
                "the PKGBUILD's \(algorithm.rawValue)sum of \(source.visiblyEscaped) is no \(algorithm.length) "
                    + "hexadecimal digits")
        }
    }
}
