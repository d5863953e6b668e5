/// All that a vendor's configuration comes to, and where each value was said, as `vendor show` tells it.
public struct VendorDescription: Sendable, Encodable {
    /// One value.
    public struct Setting: Sendable, Hashable {
        public enum Origin: Sendable, Hashable {
            /// A line of a vendors.d file, counted from 1.
            case file(String, line: Int)
            /// A variable of the environment.
            case environment(String)
            /// Nobody said it.
            case standard
        }

        /// The key's path in the file: `huggingface.endpoint`, `worker[0].build`.
        public let key: String
        /// As text; of a secret, where it is read from and never what it is. Nil where there is none.
        public let value: String?
        public let isSecret: Bool
        public let origin: Origin
    }

    public let name: String
    public let module: String
    public let enabled: Bool
    /// Nil for a built-in vendor.
    public let file: String?
    public let state: String
    /// What its module has to say against its options.
    public let error: VendorFileError?
    /// Files and built-in vendors of the same name that this one stands in the place of; nil for a built-in one.
    public let replaces: [String?]
    /// In the order of the documentation: the file's own keys, the module's, the workers'.
    public let settings: [Setting]
}

extension VendorDescription.Setting: Encodable {
    private enum Key: String, CodingKey {
        case key, value, secret, from, file, line, variable
    }

    /// `{key, value, secret, from: "file"|"environment"|"default", file, line, variable}`
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(key, forKey: .key)
        try container.encode(value, forKey: .value)
        try container.encode(isSecret, forKey: .secret)
        var place: (file: String?, line: Int?, variable: String?) = (nil, nil, nil)
        switch origin {
        case .file(let file, let line):
            place = (file, line, nil)
            try container.encode("file", forKey: .from)
        case .environment(let name):
            place.variable = name
            try container.encode("environment", forKey: .from)
        case .standard:
            try container.encode("default", forKey: .from)
        }
        try container.encode(place.file, forKey: .file)
        try container.encode(place.line, forKey: .line)
        try container.encode(place.variable, forKey: .variable)
    }
}
