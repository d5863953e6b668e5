/// Every name that an archive has made, by its path in the tree.
///
/// Names are one that differ only in case or in Unicode composition: on some file systems they are one file. The tree
/// was empty before, so this table is also what is on disk.
struct NameTable {
    enum Node {
        case folder
        /// By its place in the report.
        case file(Int)
        case link(target: String)
    }

    /// Why a name cannot be made.
    struct Clash: Error {
        let reason: String
    }

    private var nodes: [String: (path: String, node: Node)] = [:]
    /// Names without a slash.
    private(set) var topLevel: [String] = []

    var count: Int { nodes.count }

    subscript(path: String) -> Node? { nodes[Self.folded(path)]?.node }

    /// Enters a name.
    /// - Returns: false for a folder that is there already.
    mutating func claim(_ path: String, _ node: Node) throws(Clash) -> Bool {
        let key = Self.folded(path)
        guard let held = nodes[key] else {
            nodes[key] = (path, node)
            if !path.utf8.contains(UInt8(ascii: "/")) { topLevel.append(path) }
            return true
        }
        guard held.path.utf8.elementsEqual(path.utf8) else {
            throw Clash(reason: "its name differs from \"\(held.path)\" only in case or composition")
        }
        switch (held.node, node) {
        case (.folder, .folder): return false
        case (.link, .folder): throw Clash(reason: "\"\(path)\" is a link and a folder")
        case (.file, .folder): throw Clash(reason: "\"\(path)\" is a file and a folder")
        default: throw Clash(reason: "\"\(path)\" is there twice")
        }
    }

    /// Composition needs no folding: strings that are canonically equivalent are equal.
    private static func folded(_ path: String) -> String {
        // Up and down again: "ß" and "ss", "ſ" and "s" are one name where case is ignored; and down first for "ẞ".
        path.utf8.allSatisfy { $0 < 0x80 } ? path.lowercased() : path.lowercased().uppercased().lowercased()
    }
}
