import ArtifactTypes
import GitCheckout
import Provisioning

/// A repository or a mirror of it, as configured.
struct GitSource: Sendable {
    /// What names it, and what it was configured as.
    var url: GitURL
    /// Where the user's git configuration (`insteadOf`) says that it is really to be had.
    var address: GitURL?
    var username = "x-access-token"
    var token: SecretSource?
    var caFile: String?
    /// A private key's file, for ssh.
    var sshKey: String?
    /// For a submodule, and what a recipe names: the origins that the user configured and that led to it. It may be
    /// private only if one of them is.
    var configuredOrigins: [String]?
    /// What git's configuration says, where the environment names none.
    var proxy: String?
    /// There are others: one that cannot be reached is passed over at once.
    var hasAlternative = false

    /// Where it is asked and fetched from.
    var place: GitURL { address ?? url }
}

/// A vendor's options, checked.
struct GitSettings: Sendable {
    /// Nil: references name the repository.
    var primary: GitSource?
    var mirrors: [GitSource] = []
    var revision: GitRevision
    /// How servers are reached, whichever they are.
    var access: NetworkAccess
    var allowInsecure: Bool { access.allowInsecure }
    var caFile: String? { access.caFile }
    /// Paths; `["*"]` for all.
    var submodules: [String]

    init(_ configuration: VendorConfiguration) throws(ProvisionError) {
        let options = configuration.options
        func wrong(_ option: String, _ message: String, _ remedy: String? = nil) -> ProvisionError {
            ProvisionError(.configuration, message, remedy: remedy, option: option)
        }
        var option = "url"
        do throws(GitError) {
            primary = try options.string("url").map { text throws(GitError) in try GitSource(url: text, options) }
            option = "mirrors"
            for table in options.mirrors { mirrors.append(try GitSource(url: table.string("url") ?? "", table)) }
        } catch {
            throw wrong(option, error.message, error.remedy)
        }
        if primary == nil, let needless = ["mirrors", "token"].first(where: { options.values[$0] != nil }) {
            throw wrong(needless, "\"\(needless)\" stands without \"url\"", "add the repository's url")
        }
        revision = try Self.revision(options, wrong)
        access = try NetworkAccess(options, origins: [])
        submodules = options.strings("submodules") ?? (options.boolean("submodules") == true ? ["*"] : [])
    }

    private static func revision(
        _ options: VendorOptions, _ wrong: (String, String, String?) -> ProvisionError
    ) throws(ProvisionError) -> GitRevision {
        if let commit = options.string("commit") {
            guard GitRevision.isCommit(commit) else {
                throw wrong("commit", "\"commit\" wants all 40 lower-case digits", nil)
            }
            return .commit(commit)
        }
        if let odd = ["branch", "tag"].first(where: { options.string($0).map(GitRevision.isName) == false }) {
            throw wrong(odd, "\"\(odd)\" is no name that git allows", nil)
        }
        switch (options.string("branch"), options.string("tag")) {
        case (.some, .some): throw wrong("tag", "\"branch\" and \"tag\" exclude each other", "remove one of them")
        case (let branch?, nil): return .branch(branch)
        case (nil, let tag?): return .tag(tag)
        case (nil, nil): return .head
        }
    }
}

extension GitSource {
    /// What was configured for another origin stays there.
    mutating func forgetSecrets(caFile: String?) {
        (token, sshKey, self.caFile) = (nil, nil, caFile)
    }

    init(url: String, _ options: VendorOptions) throws(GitError) {
        self.init(
            url: try GitURL(url), username: options.string("username") ?? "x-access-token",
            token: options.secret("token"), caFile: options.string("ca-file"),
            sshKey: options.table("ssh-key")?.string("file"))
    }
}
