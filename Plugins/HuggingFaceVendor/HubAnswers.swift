import FoundationEssentials

/// What `/api/models/ID/revision/REV` answers, as far as it is used.
struct ModelAnswer: Decodable {
    /// The name as it is now: another one where the model was renamed.
    let id: String?
    /// The commit.
    let sha: String
    let isGated: Bool
    let license: String?
    let tags: [String]

    private enum Key: String, CodingKey {
        case id, sha, gated, tags, cardData
    }

    private struct Card: Decodable {
        let license: OneOrMany?
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        id = try container.decodeIfPresent(String.self, forKey: .id)
        sha = try container.decode(String.self, forKey: .sha)
        isGated = try container.decodeIfPresent(Gate.self, forKey: .gated)?.isClosed ?? false
        let tags = try container.decodeIfPresent([String].self, forKey: .tags) ?? []
        // 1,000 tags of 200 bytes: what is kept of a list that the model's owner writes.
        self.tags = tags.prefix(1000).filter { $0.utf8.count <= 200 }
        // A card is what its author wrote; one that is odd costs the license and nothing else.
        let card = try? container.decodeIfPresent(Card.self, forKey: .cardData)
        let tagged = self.tags.first { $0.hasPrefix("license:") }.map { String($0.dropFirst("license:".count)) }
        license = card?.license?.first ?? tagged
    }

    /// `false`, `"auto"` or `"manual"`.
    private enum Gate: Decodable {
        case flag(Bool)
        case named

        var isClosed: Bool { if case .flag(let isClosed) = self { isClosed } else { true } }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let flag = try? container.decode(Bool.self) {
                self = .flag(flag)
            } else {
                _ = try container.decode(String.self)
                self = .named
            }
        }
    }

    private enum OneOrMany: Decodable {
        case one(String)
        case many([String])

        var first: String? {
            switch self {
            case .one(let value): value
            case .many(let values): values.first
            }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let value = try? container.decode(String.self) {
                self = .one(value)
            } else {
                self = .many(try container.decode([String].self))
            }
        }
    }
}

/// One entry of `/api/models/ID/tree/REV`.
struct TreeAnswer: Decodable {
    let type: String
    let path: String
    let size: Int64?
    /// The id of the file's blob in git; with LFS, of its pointer's.
    let oid: String?
    let lfs: LFS?

    struct LFS: Decodable {
        /// The sha256 of the file.
        let oid: String
        let size: Int64
    }
}
