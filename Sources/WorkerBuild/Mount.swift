import SystemPackage

/// A folder or file of this machine, and where the sandbox shows it.
struct Mount: Sendable, Hashable {
    var source: FilePath
    var target: FilePath
    var isWritable: Bool

    init(readOnly source: FilePath, at target: FilePath? = nil) {
        self.source = source
        self.target = target ?? source
        isWritable = false
    }

    init(writable source: FilePath, at target: FilePath) {
        self.source = source
        self.target = target
        isWritable = true
    }

    var arguments: [String] { [isWritable ? "--bind" : "--ro-bind", source.string, target.string] }
}
