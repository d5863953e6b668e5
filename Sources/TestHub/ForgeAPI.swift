import Synchronization

/// The releases' part of GitHub's REST API (`/api/v3/repos/…`), which Gitea shares (`/api/v1/repos/…`), and GitLab's
/// (`/api/v4/projects/…`).
extension HubState {
    /// - Parameter parts: the path's components after `api`.
    func forge(_ request: Request, _ parts: ArraySlice<String>) -> Response {
        let parts = Array(parts)
        if parts.count >= 4, parts[0] == "v4", parts[1] == "projects" {
            return gitLab(request, parts[2], parts[3], Array(parts.dropFirst(4)))
        }
        guard parts.count >= 5, ["v1", "v3"].contains(parts[0]), parts[1] == "repos", parts[4] == "releases" else {
            return .error(404, "Not Found")
        }
        let name = "\(parts[2])/\(parts[3])"
        guard let repository = visibleForge(name, request) else { return .error(404, "Not Found") }
        let rest = Array(parts.dropFirst(5))
        let releases = Array(repository.releases.reversed())
        let base = "http://\(request.headers["host"] ?? "127.0.0.1")"
        let shown = { ForgeRelease($0, of: name, base: base, api: parts[0]) }
        switch rest.first {
        case nil: return page(releases.map(shown), request)
        case "latest":
            guard let release = repository.latest else { return .error(404, "Not Found") }
            return .json(shown(release))
        case "tags":
            let tag = rest.dropFirst().joined(separator: "/")
            guard let release = releases.first(where: { $0.tag == tag }) else { return .error(404, "Not Found") }
            return .json(shown(release))
        case "assets":
            guard let asset = releases.flatMap(\.assets).first(where: { String($0.id) == rest.last }) else {
                return .error(404, "Not Found")
            }
            return redirect(to: asset)
        default:
            guard rest.count == 2, rest[1] == "assets",
                let release = releases.first(where: { String($0.id) == rest[0] })
            else { return .error(404, "Not Found") }
            let assets = release.assets.map { ForgeRelease.Asset($0, tag: release.tag, of: name, base: base) }
            return page(assets, request)
        }
    }

    /// `/OWNER/NAME/releases/download/TAG/FILE` and `…/releases/latest/download/FILE`: the pages that browsers are sent to,
    /// which know no token.
    func forgeDownload(_ request: Request, _ parts: [String]) -> Response {
        let repository = contents.withLock { $0.forge["\(parts[0])/\(parts[1])"] }
        let tag =
            parts[3] == "latest" ? repository?.latest?.tag : parts[4..<parts.count - 1].joined(separator: "/")
        guard let repository, !repository.isPrivate, let release = repository.releases.first(where: { $0.tag == tag }),
            let asset = release.assets.first(where: { $0.name == parts.last })
        else { return .error(404, "Not Found") }
        return redirect(to: asset)
    }

    /// `/GROUP/…/NAME/-/releases/TAG/downloads/FILE`: GitLab's page, which takes no token and sends to the API's package.
    func labDownload(_ project: ArraySlice<String>, _ rest: ArraySlice<String>) -> Response {
        let (name, rest) = (project.joined(separator: "/"), Array(rest))
        guard rest.count == 4, rest[0] == "releases", rest[2] == "downloads",
            let repository = contents.withLock({ $0.forge[name] }),
            let release = repository.releases.first(where: { $0.tag == rest[1] }),
            let asset = release.assets.first(where: { $0.name == rest[3] })
        else { return .error(404, "no such page") }
        if repository.isPrivate { return Response(200, headers: [], body: Array("<html>Sign in</html>".utf8)) }
        return redirect(to: asset)
    }

    private func gitLab(_ request: Request, _ name: String, _ part: String, _ rest: [String]) -> Response {
        guard let repository = visibleForge(name, request) else { return .error(404, "404 Project Not Found") }
        if part == "packages" || rest.dropFirst().first == "downloads" {
            let tag = part == "packages" ? rest.dropLast().last : rest.first
            let release = repository.releases.first { $0.tag == tag }
            guard let asset = release?.assets.first(where: { $0.name == rest.last }) else {
                return .error(404, "404 Not Found")
            }
            return redirect(to: asset)
        }
        guard part == "releases" else { return .error(404, "404 Not Found") }
        let base = "http://\(request.headers["host"] ?? "127.0.0.1")"
        let releases = Array(repository.releases.reversed())
        guard let first = rest.first else {
            return page(releases.map { LabRelease($0, of: name, base: base) }, request)
        }
        let isLatest = rest == ["permalink", "latest"]
        guard let release = isLatest ? repository.latest : releases.first(where: { $0.tag == first }) else {
            return .error(404, "404 Not Found")
        }
        return .json(LabRelease(release, of: name, base: base))
    }

    private func redirect(to asset: ForgeRepository.Asset) -> Response {
        let target = "/cdn/forge/\(asset.id)"
        return .redirect(302, to: "\(cdnOrigin)\(target)?\(signature(of: target))")
    }

    /// Without the token a private repository is one that is not there.
    private func visibleForge(_ name: String, _ request: Request) -> ForgeRepository? {
        let given = [request.headers["authorization"], request.headers["private-token"], request.headers["job-token"]]
        let isKnown = options.token.map { given.contains("Bearer \($0)") || given.contains($0) } ?? false
        guard let repository = contents.withLock({ $0.forge[name] }) else { return nil }
        return repository.isPrivate && !isKnown ? nil : repository
    }

    private func page(_ items: [some Encodable], _ request: Request) -> Response {
        let size = max(
            1, min(options.pageSize, request.queryValue("per_page").flatMap { Int($0) } ?? 30))
        let number = max(1, request.queryValue("page").flatMap { Int($0) } ?? 1)
        let start = min(items.count, (number - 1) * size)
        let end = min(items.count, start + size)
        var headers: [(name: String, value: String)] = []
        if end < items.count {
            let url = "http://\(request.headers["host"] ?? "127.0.0.1")\(request.path)"
            headers.append(("Link", "<\(url)?per_page=\(size)&page=\(number + 1)>; rel=\"next\""))
        }
        return .json(Array(items[start..<end]), headers: headers)
    }
}

private struct ForgeRelease: Encodable {
    struct Asset: Encodable {
        let id: Int
        let name: String
        let size: Int64
        let url: String
        let page: String
        let updated = "2026-01-01T00:00:00Z"
        let digest: String?

        private enum CodingKeys: String, CodingKey {
            case id, name, size, url, digest
            case page = "browser_download_url"
            case updated = "updated_at"
        }

        init(_ asset: ForgeRepository.Asset, tag: String, of repository: String, base: String) {
            id = asset.id
            name = asset.name
            size = asset.file.body.size
            url = "\(base)/api/v3/repos/\(repository)/releases/assets/\(asset.id)"
            page =
                "\(base)/\(repository)/releases/download/\(percentEncoded(tag))/\(percentEncoded(asset.name))"
            digest = asset.digest
        }
    }

    let id: Int
    let tag: String
    let prerelease: Bool
    let assets: [Asset]
    let published: String

    private enum CodingKeys: String, CodingKey {
        case id, prerelease, assets
        case tag = "tag_name"
        case published = "published_at"
    }

    /// GitHub's own list here ends after so many; the rest is told by the assets' pages alone.
    private static let assetLimit = 30

    init(_ release: ForgeRepository.Release, of repository: String, base: String, api: String) {
        id = release.id
        tag = release.tag
        prerelease = release.isPrerelease
        published = release.published
        let shown = api == "v3" ? Array(release.assets.prefix(Self.assetLimit)) : release.assets
        assets = shown.map { Asset($0, tag: release.tag, of: repository, base: base) }
    }
}

private struct LabRelease: Encodable {
    struct Assets: Encodable {
        let links: [Link]
    }
    struct Link: Encodable {
        let id: Int
        let name: String
        /// Where it really lies: in the package registry, or wherever whoever made the release says.
        let url: String
        let page: String

        private enum CodingKeys: String, CodingKey {
            case id, name, url
            case page = "direct_asset_url"
        }
    }

    let tag: String
    let assets: Assets
    let released: String

    private enum CodingKeys: String, CodingKey {
        case assets
        case tag = "tag_name"
        case released = "released_at"
    }

    init(_ release: ForgeRepository.Release, of repository: String, base: String) {
        tag = release.tag
        released = release.published
        assets = Assets(
            links: release.assets.map { asset in
                func component(_ text: String) -> String { percentEncoded(text).replacing("/", with: "%2F") }
                let (tag, name) = (component(release.tag), component(asset.name))
                let page = "\(percentEncoded(repository))/-/releases/\(tag)/downloads/\(name)"
                // Every other one is linked by its page alone, as what lies outside the registry is.
                let package = "api/v4/projects/\(component(repository))/packages/generic/tool/\(tag)/\(name)"
                let url = asset.id.isMultiple(of: 2) ? package : page
                return Link(id: asset.id, name: asset.name, url: "\(base)/\(url)", page: "\(base)/\(page)")
            })
    }
}
