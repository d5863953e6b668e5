public import ArtifactTypes
import FoundationEssentials

/// The one way in which catalog entries become JSON and come back: camelCase keys in order, slashes as they are.
/// Absent optionals are the entries' own duty: they encode them, and an encoded nil is `null`.
public enum CatalogJSON {
    public static func encode(_ value: some Encodable, pretty: Bool = false) throws(CatalogError) -> String {
        do {
            return String(decoding: try (pretty ? prettyEncoder : encoder).encode(value), as: UTF8.self)
        } catch {
            throw CatalogError(.invalid, "cannot write as JSON: \(error)")
        }
    }

    public static func decode<Value: Decodable>(
        _ type: Value.Type, from json: some StringProtocol
    ) throws(CatalogError) -> Value {
        do {
            return try decoder.decode(type, from: Data(json.utf8))
        } catch {
            throw CatalogError(.invalid, "not a \(type): \(error)")
        }
    }

    /// An entry as the sidecar keeps it.
    public static func value(of entry: some Encodable) throws(CatalogError) -> JSONValue {
        try decode(JSONValue.self, from: encode(entry))
    }

    /// An entry from a sidecar.
    public static func entry<Entry: Decodable>(_ type: Entry.Type, from value: JSONValue) throws(CatalogError) -> Entry
    {
        try decode(type, from: encode(value))
    }

    static let decoder = JSONDecoder()

    private static let encoder = encoder([.sortedKeys, .withoutEscapingSlashes])
    private static let prettyEncoder = encoder([.sortedKeys, .withoutEscapingSlashes, .prettyPrinted])

    private static func encoder(_ formatting: JSONEncoder.OutputFormatting) -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting
        return encoder
    }
}
