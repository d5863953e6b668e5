import CGit2
import SystemPackage

/// What the user's git configuration says that concerns fetching (git-config(1)): URLs that stand for others, proxies,
/// and whether there are credential helpers. No repository's configuration is read.
public struct GitConfiguration: Sendable, Hashable {
    /// `url.<base>.insteadOf = <prefix>`
    struct Rewrite: Sendable, Hashable {
        var base: String
        var prefix: String
    }

    var rewrites: [Rewrite] = []
    /// `http.proxy` by an empty text, `http.<url>.proxy` by that URL.
    var proxies: [String: String] = [:]
    var hasCredentialHelper = false

    /// Nothing configured.
    public init() {}

    /// Reads the files that git would: the system's, the user's two, and what stands in `GIT_CONFIG_COUNT` and its like.
    /// - Throws: `.invalid` for a file that does not parse, `.io` for one that cannot be read.
    public init(environment: [String: String]) throws(GitError) {
        try LibGit2.start()
        let configuration = try GitHandle(
            "cannot read git's configuration", freedBy: git_config_free, make: { git_config_new(&$0) })
        for (file, level) in Self.files(environment) {
            // One without a file is an empty one.
            try LibGit2.check(
                git_config_add_file_ondisk(configuration.pointer, file, level, nil, 0),
                "cannot read git's configuration \(file)", otherwise: .invalid)
        }
        let iterator = try GitHandle(
            "cannot read git's configuration", otherwise: .invalid, freedBy: git_config_iterator_free
        ) { git_config_iterator_new(&$0, configuration.pointer) }
        var entry: UnsafeMutablePointer<git_config_entry>?
        while git_config_next(&entry, iterator.pointer) == 0, let found = entry?.pointee {
            // A key without a value is one that is true, which says nothing here.
            if let name = found.name, let value = found.value {
                take(String(cString: name), String(cString: value))
            }
        }
        let count = min(environment["GIT_CONFIG_COUNT"].flatMap { Int($0) } ?? 0, 1000)
        for index in 0..<max(0, count) {
            if let key = environment["GIT_CONFIG_KEY_\(index)"], let value = environment["GIT_CONFIG_VALUE_\(index)"] {
                take(key, value)
            }
        }
    }

    /// `name` has its section and variable in any case, and what stands between as it is.
    private mutating func take(_ name: String, _ value: String) {
        guard let first = name.firstIndex(of: "."), let last = name.lastIndex(of: ".") else { return }
        let section = name[..<first].lowercased()
        let variable = name[name.index(after: last)...].lowercased()
        if section == "url", variable == "insteadof", first < last, !value.isEmpty {
            rewrites.append(.init(base: String(name[name.index(after: first)..<last]), prefix: value))
        }
        if section == "http", variable == "proxy" {
            proxies[first < last ? String(name[name.index(after: first)..<last]) : ""] = value
        }
        // An empty one takes back those before it.
        if section == "credential", variable == "helper" { hasCredentialHelper = !value.isEmpty }
    }

    private static func files(_ environment: [String: String]) -> [(String, git_config_level_t)] {
        var files: [(String, git_config_level_t)] = []
        let withoutSystem = ["1", "true", "yes", "on"].contains(environment["GIT_CONFIG_NOSYSTEM"]?.lowercased() ?? "")
        if !withoutSystem {
            files.append((environment["GIT_CONFIG_SYSTEM"] ?? "/etc/gitconfig", GIT_CONFIG_LEVEL_SYSTEM))
        }
        if let file = environment["GIT_CONFIG_GLOBAL"] { return files + [(file, GIT_CONFIG_LEVEL_GLOBAL)] }
        let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 }
        let own = environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? home.map { "\($0)/.config" }
        if let own { files.append(("\(own)/git/config", GIT_CONFIG_LEVEL_XDG)) }
        if let home { files.append(("\(home)/.gitconfig", GIT_CONFIG_LEVEL_GLOBAL)) }
        return files
    }

    /// The proxy for `url`: that of the longest URL that it begins with, else that for all; nil for none.
    public func proxy(for url: GitURL) -> String? {
        let text = url.description
        let matching = proxies.filter { prefix, _ in
            prefix.isEmpty || text == prefix || text.hasPrefix(prefix.hasSuffix("/") ? prefix : prefix + "/")
        }
        let best = matching.max { $0.key.utf8.count < $1.key.utf8.count }?.value
        return best.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Where `url` is really fetched from: the longest prefix that is configured is replaced, once.
    /// - Throws: as `GitURL`, for a replacement that is none; `.unsafeContent` where it would climb out of a folder.
    public func rewriting(_ url: GitURL) throws(GitError) -> GitURL {
        let text = url.written
        var best: Rewrite?
        for rewrite in rewrites where text.hasPrefix(rewrite.prefix) {
            if rewrite.prefix.utf8.count > best?.prefix.utf8.count ?? 0 { best = rewrite }
        }
        guard let best else { return url }
        let rest = text.dropFirst(best.prefix.count)
        // A submodule's URL is the repository's word; the folder before it is the user's.
        if rest.split(separator: "/").contains("..") {
            throw GitError(.unsafeContent, "\(url) climbs with .. below url.\(best.base).insteadOf")
        }
        do {
            return try GitURL(best.base + rest)
        } catch {
            throw GitError(
                error.code,
                "\(url) by url.\(GitURL.printable(best.base)).insteadOf of git's configuration: \(error.message)",
                remedy: error.remedy)
        }
    }
}
