import ArtifactTypes
import FoundationEssentials

import struct Crypto.SHA256

/// What of a recipe decides its outcome. Fields are added with a new `version`, or stored digests would change.
struct CanonicalRecipe: Encodable {
    var version = 1
    let name, variant, directory, binary: String
    /// Left out of the JSON where there is none.
    let pkgbuild: String?
    let network, build, tools, toolchains, smokeTest: [String]

    var digest: Digest? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(self) else { return nil }
        return Digest(.sha256, bytes: SHA256.hash(data: bytes))
    }
}

extension Digest {
    static func sha256(of bytes: [UInt8]) -> String {
        Digest(.sha256, bytes: SHA256.hash(data: bytes))?.description ?? ""
    }
}
