import Synchronization

/// A file of a forge's release.
public struct ForgeAsset: Sendable {
    /// What the API's `digest` field says.
    public enum Digest: Sendable {
        case right
        /// As for assets that were uploaded before forges had the field.
        case absent
        case claimed(String)
    }

    public var name: String
    public var body: TestBody
    public var digest: Digest

    public init(_ name: String, _ body: TestBody, digest: Digest = .absent) {
        self.name = name
        self.body = body
        self.digest = digest
    }
}

/// A repository with its releases, oldest first.
struct ForgeRepository: Sendable {
    struct Release: Sendable {
        let id: Int
        let tag: String
        let isPrerelease: Bool
        let assets: [Asset]

        /// A minute after the one that was added before it.
        var published: String {
            let (hour, minute) = ((id / 60) % 24, id % 60)
            return "2026-01-01T\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute):00Z"
        }
    }

    struct Asset: Sendable {
        let id: Int
        let name: String
        let file: ServedFile
        let digest: String?
    }

    var isPrivate = false
    var releases: [Release] = []

    var latest: Release? { releases.last { !$0.isPrerelease } }
}

extension TestHub {
    /// Adds a release of `repository` (`owner/name`), newer than those that it has. It is served as GitHub, Gitea and
    /// GitLab each serve theirs: `/api/v3/…`, `/api/v1/…`, `/api/v4/…`; its assets are redirected to the CDN.
    public func addForgeRelease(
        _ repository: String, tag: String, assets: [ForgeAsset], isPrerelease: Bool = false, isPrivate: Bool = false
    ) throws(TestHubError) {
        var kept: [ForgeRepository.Asset] = []
        for asset in assets {
            let sha256 = try Self.sha256(of: asset.body)
            let digest: String? =
                switch asset.digest {
                case .right: "sha256:\(sha256)"
                case .absent: nil
                case .claimed(let text): text
                }
            let id = state.contents.withLock { contents in
                contents.nextForgeID += 1
                return contents.nextForgeID
            }
            kept.append(
                ForgeRepository.Asset(
                    id: id, name: asset.name, file: ServedFile(body: asset.body, etag: sha256), digest: digest))
        }
        state.contents.withLock { contents in
            contents.nextForgeID += 1
            var forge = contents.forge[repository] ?? ForgeRepository()
            forge.isPrivate = isPrivate
            forge.releases.append(
                ForgeRepository.Release(
                    id: contents.nextForgeID, tag: tag, isPrerelease: isPrerelease, assets: kept))
            contents.forge[repository] = forge
            for asset in kept {
                contents.cdnFiles["/cdn/forge/\(asset.id)"] = asset.file
            }
        }
    }
}
