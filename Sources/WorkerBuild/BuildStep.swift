public import ArtifactTypes

/// One command of a build.
public struct BuildStep: Sendable, Hashable {
    public enum Action: Sendable, Hashable {
        /// For `/bin/sh -ec`.
        case line(String)
        /// A function of the PKGBUILD, run by bash in `$srcdir`.
        case function(PackageFunction)
    }

    public let action: Action
    /// Whether it sees the network.
    public let network: Bool

    /// What people call it: the line, or `package()`.
    public var title: String {
        switch action {
        case .line(let line): line
        case .function(let function): "\(function.name)()"
        }
    }
}

/// A function of a PKGBUILD that is run, in the order of makepkg(8).
public enum PackageFunction: Sendable, Hashable {
    case prepare
    /// Prints the version that the sources have.
    case pkgver
    case build
    case check
    /// `package`, or of a split package `package_NAME`.
    case package(String)

    /// The order in which they run.
    static let fixed: [PackageFunction] = [.prepare, .pkgver, .build, .check]

    public var name: String {
        switch self {
        case .prepare: "prepare"
        case .pkgver: "pkgver"
        case .build: "build"
        case .check: "check"
        case .package(let name): name
        }
    }
}

/// Where a PKGBUILD lies.
public enum PackageFile: Sendable, Hashable, CustomStringConvertible {
    case checkout(RelativePath)
    case url(String)

    public var description: String {
        switch self {
        case .checkout(let path): path.string
        case .url(let url): String(url.prefix { $0 != "?" && $0 != "#" })
        }
    }

    init(_ text: String) throws(RelativePath.Invalid) {
        self = text.contains("://") ? .url(text) : .checkout(try RelativePath(text))
    }
}

/// Where a build leaves its program.
public enum BuildProduct: Sendable, Hashable {
    /// A file of the checkout.
    case file(RelativePath)
    /// All that `package()` put under `$pkgdir`; the program is `path` below it, else the first of `names` in a `bin`
    /// folder, else the only one there is.
    case package(path: RelativePath?, names: [String])
}
