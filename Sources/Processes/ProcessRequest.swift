public import ArtifactTypes
public import SystemPackage

/// A program to run, what it is given, and the bounds within which it may run.
public struct ProcessRequest: Sendable {
    /// An absolute path; a name is looked up with `findExecutable`.
    public var executable: FilePath
    /// Without the program's own name. A secret never goes here: every user of the machine can read it.
    public var arguments: [String]
    /// The whole environment: nothing is inherited.
    public var environment: [String: String]
    public var workingDirectory: FilePath?
    /// What standard input holds before its end. A process that does not read it is no error.
    public var input: [UInt8]
    /// A file whose bytes standard input holds instead.
    public var inputFile: FilePath?
    /// From start to end; nil for no limit.
    public var timeout: Duration?
    /// Bytes of standard output that are kept; a process that writes more is killed. Nil keeps none and sets no limit,
    /// for a caller that takes the lines.
    public var outputLimit: Int?
    /// Bytes of a line that are shown; the rest of it is passed over.
    public var lineLimit: Int
    /// Never shown in a line or an error, whatever the process writes.
    public var secrets: [Secret]
    /// Ends all that it started, also what has left its group and session; else only its group. Linux alone.
    public var endsEscapees: Bool

    public init(
        executable: FilePath, arguments: [String] = [], environment: [String: String],
        workingDirectory: FilePath? = nil, input: [UInt8] = [], inputFile: FilePath? = nil,
        timeout: Duration? = nil, outputLimit: Int? = 1 << 20, lineLimit: Int = 8 << 10, secrets: [Secret] = [],
        endsEscapees: Bool = false
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.input = input
        self.inputFile = inputFile
        self.timeout = timeout
        self.outputLimit = outputLimit
        self.lineLimit = lineLimit
        self.secrets = secrets
        self.endsEscapees = endsEscapees
    }

    /// The program's name, as messages call it.
    var name: String { executable.lastComponent?.string ?? executable.string }
}
