import FoundationEssentials

/// A release as the three APIs tell it, as far as it is used.
struct ReleaseAnswer: Decodable, Sendable {
    /// GitLab's have none.
    let id: Int64?
    let tag: String
    let assets: [AssetAnswer]
    /// RFC 3339 in UTC, of whole seconds.
    let published: String?
    /// False for drafts, pre-releases, and what GitLab will release at a later time.
    let isFinal: Bool

    private enum Key: String, CodingKey {
        case id, assets, draft, prerelease
        case tag = "tag_name"
        case upcoming = "upcoming_release"
        case published = "published_at"
        case released = "released_at"
    }

    private struct Links: Decodable {
        let links: [AssetAnswer]
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        id = try container.decodeIfPresent(Int64.self, forKey: .id)
        tag = try container.decode(String.self, forKey: .tag)
        isFinal = try ![Key.draft, .prerelease, .upcoming].contains { key in
            try container.decodeIfPresent(Bool.self, forKey: key) ?? false
        }
        published = try [Key.published, .released]
            .compactMap { key in try container.decodeIfPresent(String.self, forKey: key) }.first
            .flatMap(Self.universalTime)
        // GitLab: what was uploaded is in `links`, beside the archives of the source.
        if let list = try? container.decode([AssetAnswer].self, forKey: .assets) {
            assets = list
        } else {
            assets = try container.decode(Links.self, forKey: .assets).links
        }
    }
}

extension ReleaseAnswer {
    /// Gitea tells times in its own zone, GitLab to the millisecond.
    private static func universalTime(_ text: String) -> String? {
        let style = Date.ISO8601FormatStyle()
        let date =
            (try? style.parse(text))
            ?? (try? style.year().month().day().dateTimeSeparator(.standard)
                .time(includingFractionalSeconds: true).timeZone(separator: .colon).parse(text))
        return date?.formatted(style)
    }
}

/// One file of a release.
struct AssetAnswer: Decodable, Sendable {
    let id: Int64
    let name: String
    /// In bytes; GitLab does not say.
    let size: Int64?
    /// GitHub: the asset in the API, which gives out the file of a private repository.
    let url: String?
    let download: String
    /// `sha256:…`, of what was uploaded since June 2025.
    let digest: String?
    let updated: String?

    private enum Key: String, CodingKey {
        case id, name, size, url, digest
        case browser = "browser_download_url"
        case direct = "direct_asset_url"
        case updated = "updated_at"
        case created = "created_at"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        id = try container.decode(Int64.self, forKey: .id)
        name = try container.decode(String.self, forKey: .name)
        size = try container.decodeIfPresent(Int64.self, forKey: .size).flatMap { $0 >= 0 ? $0 : nil }
        url = try container.decodeIfPresent(String.self, forKey: .url)
        digest = try container.decodeIfPresent(String.self, forKey: .digest)
        updated =
            try container.decodeIfPresent(String.self, forKey: .updated)
            ?? container.decodeIfPresent(String.self, forKey: .created)
        if let browser = try container.decodeIfPresent(String.self, forKey: .browser) {
            download = browser
        } else {
            download = try container.decode(String.self, forKey: .direct)
        }
    }
}
