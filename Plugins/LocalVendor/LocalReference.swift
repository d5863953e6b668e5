import ArtifactTypes
import Provisioning
import SystemPackage

/// `file:/path`, or `file:/path#name=org/name` where the model is to be listed under another name than the file's.
struct LocalReference: Sendable {
    let path: FilePath
    /// One slash after the colon, no empty component, the path percent-encoded in one way.
    let canonical: ArtifactReference

    /// - Throws: `.invalid` for a path that is not absolute or is another host's, and for a fragment that is no name.
    init(_ reference: ArtifactReference) throws(ProvisionError) {
        guard reference.isURL, let text = FileURL.path(of: reference.locator) else {
            throw ProvisionError(
                .invalid, "\"\(reference)\" is not an absolute path of this machine",
                remedy: "write file: and the whole path, from the root on")
        }
        var path = FilePath(text)
        path.lexicallyNormalize()
        self.path = path
        if let odd = reference.fragment.first(where: { $0.key != "name" || !Self.isName($0.value) }) {
            throw ProvisionError(
                .invalid, "#\(odd.key)=\(odd.value) means nothing for a file".visiblyEscaped,
                remedy: "#name=NAME or #name=ORG/NAME names the model")
        }
        guard reference.fragment.count <= 1 else {
            throw ProvisionError(.invalid, "\"\(reference)\" has several names", remedy: "give it one")
        }
        var canonical = reference
        canonical.locator = FileURL.text(of: path.string)
        self.canonical = canonical
    }

    /// `NAME` or `ORG/NAME`, as the hub names its repositories.
    private static func isName(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return text.utf8.count <= 96 && (1...2).contains(parts.count)
            && parts.allSatisfy { part in
                guard let first = part.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: ".") else {
                    return false
                }
                return part.unicodeScalars.allSatisfy(isNameCharacter)
            }
    }

    private static func isNameCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_": true
        default: false
        }
    }
}
