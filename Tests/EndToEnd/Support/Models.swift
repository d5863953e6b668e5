import ArtifactTypes
import Foundation
import TestHub
import Testing

extension Installation {
    /// Adds `org/name` with two quantizations, a README, and returns the files.
    @discardableResult
    func addTinyModel(_ id: String = "org/tiny", megabytes: Int = 1, seed: UInt64 = 1) throws -> [TestFile] {
        let files = [
            Self.gguf("tiny-Q4_K_M.gguf", .q4KM, megabytes: megabytes, seed: seed),
            Self.gguf("tiny-Q8_0.gguf", .q80, megabytes: megabytes, seed: seed + 1),
            TestFile("README.md", text: "# tiny\n"),
        ]
        try hub.addModel(id, files: files, traits: ModelTraits(tags: ["gguf"], license: "apache-2.0"))
        return files
    }

    /// Adds `org/many`: forty files of a few bytes.
    func addManyFiles() throws {
        let files = (0..<40).map { number in
            TestFile("part-\(number).safetensors", .bytes([UInt8](repeating: UInt8(number), count: 100)))
        }
        try hub.addModel("org/many", files: files)
    }

    static func gguf(
        _ path: String, _ quantization: GGUFWriter.Quantization, megabytes: Int = 1, seed: UInt64 = 1
    ) -> TestFile {
        let writer = GGUFWriter.sized(megabytes: megabytes, quantization: quantization, name: "Tiny", seed: seed)
        return TestFile(path, .bytes(writer.bytes()))
    }

    /// Requests that carried payload from the CDN.
    var payloadRequests: [RecordedRequest] {
        hub.requests.filter { $0.origin == .cdn }
    }

    /// The files that a download of `reference` would fetch, as the vendor lists them. Requests are forgotten.
    func plannedFiles(_ reference: String) async throws -> [JSONValue] {
        let outcome = try await run("model", "download", reference, "--dry-run", "--json")
        hub.forgetRequests()
        return try #require(try outcome.json()["files"]?.arrayValue)
    }
}
