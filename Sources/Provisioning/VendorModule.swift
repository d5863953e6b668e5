public import ArtifactTypes

/// A kind of vendor: what it is called, which options it takes, and how an instance is made of a configuration.
public struct VendorModule: Sendable {
    public let descriptor: VendorDescriptor
    /// Makes a provisioner; throws `.configuration` for options that are well-formed and still wrong.
    public let make: @Sendable (VendorConfiguration, ProvisionServices) throws(ProvisionError) -> any Provisioner

    public init(
        descriptor: VendorDescriptor,
        make: @escaping @Sendable (VendorConfiguration, ProvisionServices) throws(ProvisionError) -> any Provisioner
    ) {
        self.descriptor = descriptor
        self.make = make
    }
}

public struct VendorDescriptor: Sendable {
    /// The module's name in vendors.d, and of its options' table there.
    public let name: String
    public let summary: String
    public let options: [VendorOption]
    public let provides: Set<ArtifactKind>
    /// Instances that exist without a file.
    public let builtIn: [VendorConfiguration]

    public init(
        name: String, summary: String, options: [VendorOption], provides: Set<ArtifactKind>,
        builtIn: [VendorConfiguration] = []
    ) {
        self.name = name
        self.summary = summary
        self.options = options
        self.provides = provides
        self.builtIn = builtIn
    }
}

/// One option of a module.
public struct VendorOption: Sendable {
    public indirect enum Shape: Sendable {
        case string
        case integer
        case boolean
        case strings
        /// `{ env = "…" }`, `{ file = "…" }` or `{ command = ["…"] }`.
        case secret
        case secrets
        /// Whatever stands there: the module's own to judge.
        case anything
        case table([VendorOption])
        case list(Shape)
        /// The first shape that fits: a mirror is a URL or a table.
        case either(Shape, Shape)
    }

    public let name: String
    public let shape: Shape
    public let required: Bool
    /// What holds where nothing is said; nil where that is nothing, or depends.
    public let fallback: String?
    /// The variables that a built-in instance takes the value from where no file says it, the first that is set.
    public let environment: [String]
    /// The option that, where a file says it, keeps the environment's value away: a token set for one server is not
    /// another's.
    public let environmentUnless: String?
    public let summary: String

    public init(
        _ name: String, _ shape: Shape, required: Bool = false, fallback: String? = nil, environment: [String] = [],
        unless: String? = nil, _ summary: String
    ) {
        self.name = name
        self.shape = shape
        self.required = required
        self.fallback = fallback
        self.environment = environment
        environmentUnless = unless
        self.summary = summary
    }
}

/// A vendors.d file, checked: everything in it is of the shape that the module's options say.
public struct VendorConfiguration: Sendable {
    public var name: String
    public var module: String
    /// The file it came from; nil for a built-in instance.
    public var file: String?
    public var provides: Set<ArtifactKind>
    public var priority: Int
    public var enabled: Bool
    /// Forms named in the file itself (`module = "process"`).
    public var forms: [ReferenceForm]
    public var trust: VendorTrust
    /// Where the file has its rules, counted from 1.
    public var trustLines: [VendorTrust.Rule: Int] = [:]
    public var options: VendorOptions

    public init(
        name: String, module: String, file: String? = nil, provides: Set<ArtifactKind>, priority: Int = 50,
        enabled: Bool = true, forms: [ReferenceForm] = [], trust: VendorTrust = VendorTrust(),
        options: VendorOptions = VendorOptions()
    ) {
        self.name = name
        self.module = module
        self.file = file
        self.provides = provides
        self.priority = priority
        self.enabled = enabled
        self.forms = forms
        self.trust = trust
        self.options = options
    }
}

/// The values of a module's table in a vendors.d file.
public struct VendorOptions: Sendable {
    public indirect enum Value: Sendable {
        case string(String)
        case integer(Int)
        case boolean(Bool)
        case strings([String])
        case secret(SecretSource)
        case secrets([String: SecretSource])
        case anything(JSONValue)
        case table(VendorOptions)
        case list([Value])
    }

    public var values: [String: Value]

    public init(_ values: [String: Value] = [:]) {
        self.values = values
    }

    public func string(_ name: String) -> String? { if case .string(let value) = values[name] { value } else { nil } }
    public func integer(_ name: String) -> Int? { if case .integer(let value) = values[name] { value } else { nil } }
    public func boolean(_ name: String) -> Bool? { if case .boolean(let value) = values[name] { value } else { nil } }
    public func strings(_ name: String) -> [String]? {
        if case .strings(let value) = values[name] { value } else { nil }
    }
    public func secret(_ name: String) -> SecretSource? {
        if case .secret(let value) = values[name] { value } else { nil }
    }
    public func secrets(_ name: String) -> [String: SecretSource] {
        if case .secrets(let value) = values[name] { value } else { [:] }
    }
    public func anything(_ name: String) -> JSONValue? {
        if case .anything(let value) = values[name] { value } else { nil }
    }
    public func table(_ name: String) -> VendorOptions? {
        if case .table(let value) = values[name] { value } else { nil }
    }
    public func list(_ name: String) -> [Value] { if case .list(let value) = values[name] { value } else { [] } }
}
