import ArtifactTypes
import SystemPackage

// MARK: - The top folder

extension Extraction {
    /// Takes the single top folder off, if that is asked for and there is one.
    /// - Returns: its name.
    func dissolveTopFolder() throws(ArchiveError) -> String? {
        guard policy.strip == .singleTopFolder, names.topLevel.count == 1, names.count > 1,
            case let top = names.topLevel[0], case .folder = names[top]
        else { return nil }
        do throws(Errno) { try tree.dissolve(top) } catch {
            throw ArchiveError(error, entry: top, "cannot take the top folder off")
        }
        report.files = report.files.compactMap { file in
            file.path.dropping(first: 1).map { path in
                var file = file
                file.path = path
                return file
            }
        }
        return top
    }
}

// MARK: - Symbolic links

extension Extraction {
    /// Remembers a link, which is made once the tree is whole.
    func plan(link path: RelativePath, to target: String, _ entry: ArchiveEntry) throws(ArchiveError) {
        if let reason = Self.objection(toTarget: target) {
            throw ArchiveError(.unsafe, entry: entry.name, "its link target \"\(target)\" \(reason)")
        }
        _ = try claim(path.string, .link(target: target), entry)
        report.links.append(.init(path: path, target: target))
    }

    private static func objection(toTarget target: String) -> String? {
        if target.isEmpty { return "is empty" }
        if target.utf8.count > 1024 { return "is longer than 1,024 bytes" }
        if target.hasPrefix("/") { return "is absolute" }
        if target.unicodeScalars.contains(where: { $0.isControlOrInvisible || $0 == "\u{FFFD}" || $0 == "\\" }) {
            return "has a character that no path may have"
        }
        return nil
    }

    /// Makes the links that were planned, each checked against the tree as it stands.
    func makeLinks(below top: String?) throws(ArchiveError) {
        let planned = report.links
        report.links = []
        for link in planned {
            try cancellation.check()
            try check(link, below: top)
            let path = top == nil ? link.path : link.path.dropping(first: 1)
            guard let path else { continue }
            do throws(Errno) {
                try tree.makeSymbolicLink(path.components, to: link.target)
            } catch {
                throw ArchiveError(error, entry: link.path.string, "cannot make the link")
            }
            report.links.append(.init(path: path, target: link.target))
        }
    }

    /// Walks a link's target component by component, through the links that it meets; it may lead to nothing, but no
    /// step may leave the tree.
    private func check(_ link: ExtractionReport.Link, below top: String?) throws(ArchiveError) {
        let floor = top == nil ? 0 : 1
        var place = Array(link.path.components.dropLast())
        var ahead = Array(link.target.split(separator: "/").reversed())
        var followed = 0
        while let step = ahead.popLast() {
            if step == "." { continue }
            if step == ".." {
                guard place.count > floor else {
                    throw ArchiveError(
                        .unsafe, entry: link.path.string, "its link target \"\(link.target)\" leaves the folder")
                }
                place.removeLast()
                continue
            }
            place.append(String(step))
            guard case .link(let target) = names[place.joined(separator: "/")] else { continue }
            // 40 is what Linux follows.
            followed += 1
            guard followed <= 40 else {
                throw ArchiveError(.unsafe, entry: link.path.string, "its link target leads through a loop of links")
            }
            place.removeLast()
            ahead += target.split(separator: "/").reversed()
        }
    }
}
