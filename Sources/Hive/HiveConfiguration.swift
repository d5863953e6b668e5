import Foundation
public import Logging
public import Provisioning
public import SystemPackage

/// Where a hive lives and what it reads; made once from flags and environment.
public struct HiveConfiguration: Sendable {
    /// The store's root.
    public var home: FilePath
    /// Folders of vendors.d files, in the order in which later ones override earlier ones.
    public var vendorFolders: [FilePath]
    /// The user's own among them, which `vendor add` writes to.
    public let userVendorFolder: FilePath
    public var environment: [String: String]
    public var logger: Logger
    /// The most connections to one host; nil leaves it to the transfer engine.
    public var maximumConnections: Int?
    /// Bytes a second of all transfers together; nil sets no limit.
    public var rateLimit: Int64?

    /// - Parameters:
    ///   - home: `--home`; else `RBEE_HOME`, else `$XDG_CACHE_HOME/rbee`, else `~/.cache/rbee`.
    ///   - vendorFolders: `--vendors-dir`, in addition to the usual folders and those in `RBEE_VENDORS_D`.
    ///   - prefix: where the program is installed; its `share/rbee/vendors.d` is read first.
    /// - Throws: `.configuration` where neither `HOME` nor the system's list of users names a home folder.
    public init(
        home: String?, vendorFolders: [String], prefix: FilePath?, environment: [String: String], logger: Logger
    ) throws(ProvisionError) {
        self.environment = environment
        self.logger = logger
        guard let user = environment.value("HOME") ?? Self.homeOfUser else {
            throw ProvisionError(
                .configuration, "HOME is not set, and this user has no home folder",
                remedy: "set HOME to a folder of this user's own")
        }
        self.home = FilePath(
            home ?? environment.value("RBEE_HOME")
                ?? environment.value("XDG_CACHE_HOME").map { $0 + "/rbee" } ?? user + "/.cache/rbee")
        if self.home.isRelative { self.home = Self.workingDirectory.pushing(self.home) }

        let configuration = environment.value("XDG_CONFIG_HOME") ?? user + "/.config"
        var folders = prefix.map { [$0.appending("share/rbee/vendors.d")] } ?? []
        let own = FilePath(configuration + "/rbee/vendors.d")
        userVendorFolder = own.isRelative ? Self.workingDirectory.pushing(own) : own
        folders += [FilePath("/etc/rbee/vendors.d"), userVendorFolder]
        let extra = (environment["RBEE_VENDORS_D"] ?? "").split(separator: ":").map(String.init) + vendorFolders
        folders += extra.map { FilePath($0) }
        self.vendorFolders = folders.map { $0.isRelative ? Self.workingDirectory.pushing($0) : $0 }
    }

    /// Whether the user has told the hub's own client, and so this one, to make no request for models
    /// (`HF_HUB_OFFLINE`, with the values that count as true there).
    var isHubOffline: Bool {
        ["1", "on", "yes", "true"].contains(environment["HF_HUB_OFFLINE"]?.lowercased() ?? "")
    }

    /// The home folder of whoever runs this, as the system's list of users has it.
    private static var homeOfUser: String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16 << 10) { buffer in
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            guard let texts = buffer.baseAddress,
                getpwuid_r(geteuid(), &entry, texts, buffer.count, &found) == 0, found != nil,
                let folder = entry.pw_dir
            else { return nil }
            let path = String(cString: folder)
            return path.hasPrefix("/") ? path : nil
        }
    }

    private static var workingDirectory: FilePath {
        FilePath(FileManager.default.currentDirectoryPath)
    }
}

extension [String: String] {
    /// The value of a variable that is set and not empty.
    func value(_ name: String) -> String? {
        self[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
