import ArtifactTypes

/// Whose API a forge speaks.
enum ForgeKind: String, Sendable, CaseIterable {
    /// github.com and GitHub Enterprise Server: docs.github.com/en/rest/releases.
    case github
    /// docs.gitlab.com/api/releases.
    case gitlab
    /// Gitea and Forgejo, whose releases are GitHub's in a path of their own.
    case gitea

    /// The origin of the instance that is built in; nil where there is no such server, and references name the host.
    var publicOrigin: String? {
        switch self {
        case .github: "https://github.com"
        case .gitlab: "https://gitlab.com"
        case .gitea: nil
        }
    }

    /// Where users of the forge's own command-line client have set their token.
    var tokenVariables: [String] {
        switch self {
        case .github: ["GH_TOKEN", "GITHUB_TOKEN"]
        case .gitlab: ["GITLAB_TOKEN"]
        case .gitea: []
        }
    }

    /// The header that a token travels in.
    ///
    /// - Parameter username: with GitLab what git's users know it by: `oauth2` for a token of OAuth, `gitlab-ci-token` for
    ///   a job's (docs.gitlab.com/api/rest/authentication); with the others, whose password the token is.
    func headers(_ token: String, username: String?) -> [String: Secret] {
        switch (self, username) {
        case (.gitlab, "gitlab-ci-token"): ["JOB-TOKEN": Secret(token)]
        case (.gitlab, "oauth2"), (.github, nil), (.gitea, nil): ["Authorization": Secret("Bearer \(token)")]
        case (.gitlab, _): ["PRIVATE-TOKEN": Secret(token)]
        case (_, let username?): ["Authorization": .basic(username, token)]
        }
    }

    /// The API of a server, without a slash at the end.
    func api(of origin: String) -> String {
        switch self {
        case .github: origin == publicOrigin ? "https://api.github.com" : "\(origin)/api/v3"
        case .gitlab: "\(origin)/api/v4"
        case .gitea: "\(origin)/api/v1"
        }
    }

    /// - Parameter project: `owner/name`, checked.
    func releases(of project: String) -> String {
        switch self {
        case .gitlab: "projects/\(Self.escaped(project))/releases"
        case .github, .gitea:
            "repos/" + project.split(separator: "/").map { Self.escaped($0) + "/" }.joined() + "releases"
        }
    }

    /// - Parameter tag: nil for the latest release that is no pre-release.
    func release(_ tag: String?, of project: String) -> String {
        let releases = releases(of: project)
        guard let tag else { return releases + (self == .gitlab ? "/permalink/latest" : "/latest") }
        return releases + (self == .gitlab ? "/" : "/tags/") + Self.escaped(tag)
    }

    /// Where GitLab's API gives out a file that its pages show to a browser's user alone; nil for any other URL.
    func assetInAPI(_ page: String, of tag: String, in project: String) -> String? {
        let folder = "/-/releases/\(Self.escaped(tag))/downloads/"
        guard self == .gitlab, let range = page.firstRange(of: folder) else { return nil }
        return "\(releases(of: project))/\(Self.escaped(tag))/downloads/\(page[range.upperBound...])"
    }

    /// Everything but RFC 3986's unreserved characters percent-encoded.
    private static func escaped(_ text: some StringProtocol) -> String {
        text.utf8.reduce(into: "") { result, byte in
            let scalar = Unicode.Scalar(byte)
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~": result.unicodeScalars.append(scalar)
            default: result += WebURL.escape(byte)
            }
        }
    }
}
