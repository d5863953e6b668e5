import TestHub

extension Installation {
    /// Adds `org/name` with two quantizations, a README, and returns the files.
    @discardableResult
    func addTinyModel(_ id: String = "org/tiny", megabytes: Int = 1, seed: UInt64 = 1) throws -> [TestFile] {
        let files = [
            TestFile("tiny-Q4_K_M.gguf", .bytes(GGUFWriter.tiny(quantization: "Q4_K_M", megabytes: megabytes, seed: seed))),
            TestFile("tiny-Q8_0.gguf", .bytes(GGUFWriter.tiny(quantization: "Q8_0", megabytes: megabytes, seed: seed + 1))),
            TestFile("README.md", text: "# tiny\n"),
        ]
        try hub.addModel(id, files: files, traits: ModelTraits(tags: ["gguf"], license: "apache-2.0"))
        return files
    }

    /// Requests that carried payload from the CDN.
    var payloadRequests: [RecordedRequest] {
        hub.requests.filter { $0.origin == .cdn }
    }
}
