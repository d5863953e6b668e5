import ArtifactTypes

/// Follows every symbolic link of a tree as the kernel would, before any is made, to see whether it leaves the checkout.
///
/// By text alone it cannot be told: where `a/b` is a link to the top, `a/b/..` leaves although it reads like `a`.
struct LinkPolicy {
    /// Targets by the links' paths.
    private let targets: [String: String]
    /// Folders whose content is another repository's: a path may end in one, and climb out of none.
    private let opaque: Set<String>

    init(targets: [String: String], opaque: Set<String>) {
        self.targets = targets
        self.opaque = opaque
    }

    /// - Throws: `.unsafeContent`, naming the first link that leaves.
    func check() throws(GitError) {
        for (path, target) in targets.sorted(by: { $0.key < $1.key }) {
            if let reason = objection(to: path, target) {
                throw GitError(.unsafeContent, "link \(path) -> \(target.visiblyEscaped) \(reason)")
            }
        }
    }

    private func objection(to path: String, _ target: String) -> String? {
        var place = path.split(separator: "/").dropLast().map(String.init)
        var pending = Array(target.split(separator: "/").map(String.init).reversed())
        // U+FFFD: what stood there was no UTF-8.
        if target.isEmpty || target.unicodeScalars.contains(where: { $0 == "\0" || $0 == "\u{FFFD}" }) {
            return "is malformed"
        }
        if target.hasPrefix("/") { return "is absolute" }
        // 40: where the kernel gives up (path_resolution(7)); a loop leads nowhere and so leaves nothing.
        var hops = 1
        while let component = pending.popLast() {
            if component == "." { continue }
            if component == ".." {
                if place.isEmpty || isOpaque(place) { return "leaves the checkout" }
                place.removeLast()
                continue
            }
            place.append(component)
            guard let next = targets[place.joined(separator: "/")] else { continue }
            if next.hasPrefix("/") { return "leaves the checkout" }
            hops += 1
            if hops > 40 { return nil }
            place.removeLast()
            pending += next.split(separator: "/").map(String.init).reversed()
        }
        return nil
    }

    private func isOpaque(_ place: [String]) -> Bool {
        guard !opaque.isEmpty else { return false }
        return place.indices.contains { opaque.contains(place[...$0].joined(separator: "/")) }
    }
}
