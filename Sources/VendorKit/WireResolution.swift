import ArtifactTypes
import FoundationEssentials
public import Provisioning

/// A resolution on its way to the hive, the one place where the secret headers of its files are written.
///
/// Everywhere else (sidecars, `--dry-run --json`) a `Resolution` is encoded without them.
public struct WireResolution: Sendable, Encodable {
    public let resolution: Resolution

    public init(_ resolution: Resolution) {
        self.resolution = resolution
    }

    public func encode(to encoder: any Encoder) throws {
        let plain = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(resolution))
        guard case .object(var members) = plain, case .array(var files)? = members["files"] else {
            return try plain.encode(to: encoder)
        }
        for (index, file) in resolution.files.enumerated() where files.indices.contains(index) {
            guard case .object(var member) = files[index], let headers = file.sources.first?.headers else { continue }
            member["headers"] = .object(headers.mapValues { .string($0.reveal()) })
            files[index] = .object(member)
        }
        members["files"] = .array(files)
        try JSONValue.object(members).encode(to: encoder)
    }
}
