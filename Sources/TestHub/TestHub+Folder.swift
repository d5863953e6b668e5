import Foundation
public import SystemPackage

extension TestHub {
    /// Adds what a folder holds: `models/ORG/NAME/…`, `files/…`, `forge/OWNER/NAME/TAG/ASSET` (tags in name order),
    /// `workers/ID.json`, and `git/NAME.git` with an optional `git/NAME.git.auth` (`user:password`).
    public func addFolder(
        _ folder: FilePath, traits: @Sendable (_ model: String) -> ModelTraits = { _ in ModelTraits() }
    ) throws(TestHubError) {
        for organization in try names(in: folder.appending("models")) {
            let models = folder.appending("models").appending(organization)
            for name in try names(in: models) {
                let files = try self.files(below: models.appending(name)).map { TestFile($0.path, $0.body) }
                try addModel("\(organization)/\(name)", files: files, traits: traits("\(organization)/\(name)"))
            }
        }
        for file in try files(below: folder.appending("files")) { try addRelease(file.path, file.body) }
        try addForges(folder.appending("forge"))
        for file in try files(below: folder.appending("workers")) where file.path.hasSuffix(".json") {
            let path = folder.appending("workers").appending(file.path).string
            guard let json = FileManager.default.contents(atPath: path) else { continue }
            offerWorker(String(file.path.dropLast(".json".count)), json: String(decoding: json, as: UTF8.self))
        }
        for name in try names(in: folder.appending("git")) where name.hasSuffix(".git") {
            let path = folder.appending("git").appending(name)
            let credentials = try credentials(in: FilePath(path.string + ".auth"))
            addGit(String(name.dropLast(4)), repository: path, user: credentials?.user, password: credentials?.password)
        }
    }

    private func addForges(_ folder: FilePath) throws(TestHubError) {
        for owner in try names(in: folder) {
            for name in try names(in: folder.appending(owner)) {
                let releases = folder.appending(owner).appending(name)
                for tag in try names(in: releases) {
                    let assets = try files(below: releases.appending(tag)).map { ForgeAsset($0.path, $0.body) }
                    try addForgeRelease("\(owner)/\(name)", tag: tag, assets: assets)
                }
            }
        }
    }

    /// Sorted; none for a folder that is not there.
    private func names(in folder: FilePath) throws(TestHubError) -> [String] {
        guard FileManager.default.fileExists(atPath: folder.string) else { return [] }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder.string).filter { $0.first != "." }
                .sorted()
        } catch {
            throw TestHubError("cannot list \(folder)")
        }
    }

    private func files(below folder: FilePath) throws(TestHubError) -> [(path: String, body: TestBody)] {
        guard FileManager.default.fileExists(atPath: folder.string) else { return [] }
        do {
            return try FileManager.default.subpathsOfDirectory(atPath: folder.string).sorted().compactMap { path in
                let file = folder.appending(path)
                let attributes = try FileManager.default.attributesOfItem(atPath: file.string)
                guard attributes[.type] as? FileAttributeType == .typeRegular else { return nil }
                return (path, .file(file, size: (attributes[.size] as? NSNumber)?.int64Value ?? 0))
            }
        } catch {
            throw TestHubError("cannot list \(folder)")
        }
    }

    private func credentials(in file: FilePath) throws(TestHubError) -> (user: String, password: String)? {
        guard let bytes = FileManager.default.contents(atPath: file.string) else { return nil }
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first ?? ""
        guard let colon = line.firstIndex(of: ":") else { throw TestHubError("\(file): not user:password") }
        return (String(line[..<colon]), String(line[line.index(after: colon)...]))
    }
}
