import Archives
import Testing

/// An archive that is refused, and why.
struct HostileArchive: Sendable, CustomTestStringConvertible {
    let name: String
    let code: ArchiveError.Code
    /// The entry that the error names; nil where the archive as a whole is at fault.
    let entry: String?
    let build: @Sendable (inout TarBuilder) -> Void

    var testDescription: String { name }

    init(
        _ name: String, naming entry: String?, code: ArchiveError.Code = .unsafe,
        _ build: @escaping @Sendable (inout TarBuilder) -> Void
    ) {
        self.name = name
        self.entry = entry
        self.code = code
        self.build = build
    }

    static let names = [
        HostileArchive("a climbing name", naming: "../x") { $0.file("../x") },
        HostileArchive("a name that climbs in the middle", naming: "a/../../victim/x") { $0.file("a/../../victim/x") },
        HostileArchive("a name that climbs behind a dot", naming: "./../x") { $0.file("./../x") },
        HostileArchive("a folder that climbs", naming: "../victim/") { $0.folder("../victim") },
        HostileArchive("an absolute name", naming: "/tmp/x") { $0.file("/tmp/x") },
        HostileArchive("an absolute folder", naming: "//") { $0.folder("/") },
        HostileArchive("an empty component", naming: "a//b") { $0.file("a//b") },
        HostileArchive("a dot in the middle", naming: "a/./b") { $0.file("a/./b") },
        HostileArchive("a backslash", naming: "..\\x") { $0.file("..\\x") },
        HostileArchive("a drive letter", naming: "C:x") { $0.file("C:x") },
        HostileArchive("a line break", naming: "a\nb") { $0.file("a\nb") },
        HostileArchive("a mark that reverses the text", naming: "\u{202E}gpj.exe") { $0.file("\u{202E}gpj.exe") },
        HostileArchive("bytes that are no UTF-8", naming: "a\u{FFFD}b") { $0.entry([0x61, 0xFF, 0x62]) },
        HostileArchive("a component of 300 bytes", naming: String(repeating: "n", count: 300)) {
            $0.pax([("path", String(repeating: "n", count: 300))])
            $0.file("short")
        },
        HostileArchive("a climbing name in a pax header", naming: "../x") {
            $0.pax([("path", "../x")])
            $0.file("innocent")
        },
        HostileArchive("a name 65 folders deep", naming: String(repeating: "d/", count: 64) + "f", code: .limit) {
            $0.pax([("path", String(repeating: "d/", count: 64) + "f")])
            $0.file("short")
        },
    ]

    static let links = [
        HostileArchive("a link to an absolute path", naming: "l") { $0.symbolicLink("l", to: "/etc/passwd") },
        HostileArchive("a link to a neighbour", naming: "l") { $0.symbolicLink("l", to: "../victim") },
        HostileArchive("a link that climbs out of a folder", naming: "a/l") {
            $0.symbolicLink("a/l", to: "b/../../../victim")
        },
        HostileArchive("a link that climbs through a folder that is not there", naming: "l") {
            $0.symbolicLink("l", to: "none/../../victim")
        },
        HostileArchive("a link that climbs through another link", naming: "l") {
            $0.folder("a/b")
            $0.symbolicLink("far", to: "a/b")
            $0.symbolicLink("l", to: "far/../../../victim")
        },
        HostileArchive("a link that climbs through a link behind it", naming: "a/b/c/l") {
            $0.symbolicLink("a/b/c/l", to: "near/../../victim")
            $0.symbolicLink("a/b/c/near", to: "../../../top")
            $0.folder("top")
        },
        HostileArchive("links in a loop", naming: "a") {
            $0.symbolicLink("a", to: "b/x")
            $0.symbolicLink("b", to: "a/x")
        },
        HostileArchive("a link to nothing", naming: "l") { $0.symbolicLink("l", to: "") },
        HostileArchive("a link with a line break", naming: "l") { $0.symbolicLink("l", to: "a\nb") },
        HostileArchive("a file through a link", naming: "l/x") {
            $0.symbolicLink("l", to: "a")
            $0.folder("a")
            $0.file("l/x")
        },
        HostileArchive("a folder that becomes a link", naming: "d") {
            $0.folder("d")
            $0.symbolicLink("d", to: "../victim")
            $0.file("d/x")
        },
        HostileArchive("a link that becomes a folder", naming: "d/") {
            $0.symbolicLink("d", to: ".")
            $0.folder("d")
        },
        HostileArchive("a link that becomes a file", naming: "d") {
            $0.symbolicLink("d", to: "x")
            $0.file("d")
        },
        HostileArchive("a hard link to a neighbour", naming: "h") { $0.hardLink("h", to: "../passwd") },
        HostileArchive("a hard link to an absolute path", naming: "h") { $0.hardLink("h", to: "/etc/passwd") },
        HostileArchive("a hard link to nothing", naming: "h") { $0.hardLink("h", to: "none") },
        HostileArchive("a hard link to a folder", naming: "h") {
            $0.folder("d")
            $0.hardLink("h", to: "d")
        },
        HostileArchive("a hard link through a link", naming: "h") {
            $0.symbolicLink("l", to: "../victim")
            $0.hardLink("h", to: "l/secret")
        },
        HostileArchive("a hard link to a link that leaves", naming: "l") {
            $0.symbolicLink("l", to: "../passwd")
            $0.hardLink("h", to: "l")
        },
        HostileArchive("a hard link that takes a link to where it leaves", naming: "h") {
            $0.symbolicLink("a/l", to: "../file")
            $0.hardLink("h", to: "a/l")
        },
    ]

    static let types = [
        HostileArchive("a character device", naming: "d") { $0.entry(Array("d".utf8), type: "3") },
        HostileArchive("a block device", naming: "d") { $0.entry(Array("d".utf8), type: "4") },
        HostileArchive("a named pipe", naming: "p") { $0.entry(Array("p".utf8), type: "6") },
        HostileArchive("a set-user-id bit", naming: "s") { $0.file("s", mode: 0o4755) },
        HostileArchive("a set-group-id bit", naming: "s/") { $0.folder("s", mode: 0o2755) },
        HostileArchive("a sticky bit", naming: "s/") { $0.folder("s", mode: 0o1777) },
        HostileArchive("a name twice", naming: "a/f") {
            $0.file("a/f", "first")
            $0.file("a/f", "second")
        },
        HostileArchive("a file that becomes a folder", naming: "f/x") {
            $0.file("f")
            $0.file("f/x")
        },
        HostileArchive("a folder that becomes a file", naming: "f") {
            $0.file("f/x")
            $0.file("f")
        },
        HostileArchive("names that differ in case", naming: "readme") {
            $0.file("README")
            $0.file("readme")
        },
        HostileArchive("folders that differ in case", naming: "Lib/b") {
            $0.file("lib/a")
            $0.file("Lib/b")
        },
        HostileArchive("names that differ in case beyond ASCII", naming: "STRASSE") {
            $0.file("straße")
            $0.file("STRASSE")
        },
        HostileArchive("names that differ in composition", naming: "e\u{301}") {
            $0.file("\u{E9}")
            $0.file("e\u{301}")
        },
        HostileArchive("folders that differ in composition", naming: "e\u{301}/b") {
            $0.file("\u{E9}/a")
            $0.file("e\u{301}/b")
        },
    ]

    static let sizes = [
        HostileArchive("a sparse file of 8 EiB", naming: "s", code: .tooLarge) {
            $0.pax([("GNU.sparse.size", "9223372036854775807"), ("GNU.sparse.map", "0,7")])
            $0.file("s")
        },
        HostileArchive("a file of 4 EiB", naming: "f", code: .tooLarge) {
            $0.entry(Array("f".utf8), data: [1], size: 1 << 62)
        },
        HostileArchive("a file of 4 EiB by its pax header", naming: "f", code: .tooLarge) {
            $0.pax([("size", "4611686018427387904")])
            $0.file("f")
        },
        HostileArchive("a long name of 1 GiB", naming: nil, code: .corrupt) {
            $0.entry(Array("././@LongLink".utf8), type: "L", data: Array("name".utf8), size: 1 << 30)
            $0.file("f")
        },
        HostileArchive("a pax header of 1 GiB", naming: nil, code: .corrupt) {
            $0.entry(Array("PaxHeader".utf8), type: "x", data: Array("20 path=innocent\n".utf8), size: 1 << 30)
            $0.file("f")
        },
    ]
}
