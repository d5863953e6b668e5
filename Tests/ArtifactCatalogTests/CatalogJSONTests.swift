import ArtifactCatalog
import ArtifactTypes
import ModelCatalog
import TestSupport
import Testing
import WorkerCatalog

@Suite("Catalog JSON")
struct CatalogJSONTests {
    @Test("a model has exactly the documented names, and null for what is absent")
    func model() throws {
        let entry = ModelEntry(
            id: "hf:o/n@main:Q4_K_M", name: "n", source: .other("corp"), path: "/s/n.gguf", size: 5,
            addedAt: Timestamp(milliseconds: 0))
        #expect(
            try CatalogJSON.encode(entry) == """
                {"addedAt":"1970-01-01T00:00:00.000Z","author":null,"config":{"architecture":null,"contextLength":null,\
                "defaults":null,"files":[],"gated":false,"license":null,"parameters":null,"quantization":null,"sha":null,"tags":[]},\
                "digest":null,"id":"hf:o/n@main:Q4_K_M","lastAccessed":null,"modelType":"Llm","name":"n",\
                "path":"/s/n.gguf","pinned":false,"revision":null,"size":5,"source":{"Other":"corp"},"status":"Available",\
                "verified":false}
                """)
    }

    @Test("a worker has exactly the documented names, and null for what is absent")
    func worker() throws {
        let entry = WorkerBinary(
            id: "w-cpu-1-linux", name: "w", workerType: .cpu, platform: .linux, path: "/s/bin/w", size: 5,
            status: .failed(error: "no"), version: "1", addedAt: Timestamp(milliseconds: 0),
            provenance: WorkerProvenance(skipped: [SkippedMirror(url: "u", reason: "r")], seconds: 1.5))
        #expect(
            try CatalogJSON.encode(entry) == """
                {"addedAt":"1970-01-01T00:00:00.000Z","digest":null,"id":"w-cpu-1-linux","lastAccessed":null,\
                "maxContextLength":null,"name":"w","path":"/s/bin/w","platform":"linux","provenance":{"commit":null,\
                "flags":{},"imported":false,"mirror":null,"options":[],"package":null,"recipe":null,"repository":null,"sandboxed":false,\
                "seconds":1.5,"skipped":[{"reason":"r","url":"u"}],"sources":[],"toolchain":{},"tree":null,\
                "unverified":false,"variant":null},"size":5,"status":{"Failed":{"error":"no"}},\
                "supportedArchitectures":[],"supportedFormats":[],\
                "supportsBatching":false,"supportsStreaming":false,"toolkit":null,"verified":false,"version":"1",\
                "workerType":"cpu"}
                """)
    }

    @Test("entries come back from a sidecar's value as they were")
    func roundTrip() throws {
        let digest = try #require(Digest(.sha256, hex: String(repeating: "a", count: 64)))
        let model = ModelEntry(
            id: "a/b", name: "b", author: "a", source: .civitAI, path: "/x", size: 1 << 40, status: .downloading,
            modelType: .image, lastAccessed: .now,
            config: ModelConfiguration(
                architecture: "llama", contextLength: 4096, quantization: "Q4_K_M", parameters: 7_000_000_000,
                license: "mit", tags: ["gguf"],
                files: [ModelFile(path: try RelativePath("x"), size: 1, digest: digest)],
                sha: "abc", gated: true), revision: "abc", digest: digest, verified: true)
        #expect(try CatalogJSON.entry(ModelEntry.self, from: CatalogJSON.value(of: model)) == model)
        let worker = WorkerBinary(
            id: "w", name: "w", workerType: .cuda, toolkit: "12.4", platform: .macos, path: "/w", size: 1, version: "1",
            lastAccessed: .now, supportedArchitectures: ["x"], supportedFormats: ["gguf"], maxContextLength: 1,
            supportsStreaming: true, supportsBatching: true, verified: true, digest: digest,
            provenance: WorkerProvenance(
                repository: "r", mirror: "m", commit: "c", tree: "t", recipe: digest, variant: .cuda,
                toolchain: ["cc": "12"], flags: ["CFLAGS": "-O2"], package: "1-1",
                sources: [WorkerSource(name: "x", reference: "git+https://h/x", revision: "c", mirror: "m")],
                sandboxed: true, unverified: true, seconds: 2, options: ["--no-smoke-test"], imported: true))
        #expect(try CatalogJSON.entry(WorkerBinary.self, from: CatalogJSON.value(of: worker)) == worker)
    }

    @Test(
        "what is no entry is refused",
        arguments: [
            "", "[]", "{}", #"{"id":"a","name":"n","source":"Elsewhere"}"#,
            #"{"id":"a","name":"n","source":"Local","path":"p","size":1e30,"status":"Available","addedAt":"x"}"#,
        ])
    func refused(json: String) {
        #expect { try CatalogJSON.decode(ModelEntry.self, from: json) } throws: {
            ($0 as? CatalogError)?.code == .invalid
        }
    }

    @Test(
        "RFC 3339 times are read in all their forms",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.5Z", 500), ("1970-01-01T00:00:00.123456789Z", 123),
            ("1970-01-01T01:00:00+01:00", 0), ("1969-12-31T23:59:59.999Z", -1),
            ("2000-02-29T12:00:00Z", 951_825_600_000),
            ("2038-01-19T03:14:08Z", 2_147_483_648_000), ("2026-01-31t23:59:59z", 1_769_903_999_000),
        ] as [(String, Int64)])
    func times(text: String, milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(
        "what is no RFC 3339 time is none",
        arguments: [
            "", "1970-01-01", "1970-13-01T00:00:00Z", "1970-02-29T00:00:00Z", "1970-01-01T24:00:00Z",
            "1970-01-01T00:00:00", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00Zx", "99999-01-01T00:00:00Z",
            "1970-01-01T00:00:00+25:00", "１970-01-01T00:00:00Z",
        ])
    func noTimes(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("a time written and read again is the same, from year 0 to 9999")
    func timeRoundTrip() {
        // A step of 37 days and some, so that every month and many times of a day are met.
        for milliseconds in stride(from: -62_167_219_200_000 as Int64, to: 253_402_300_800_000, by: 3_200_123_457) {
            let time = Timestamp(milliseconds: milliseconds)
            #expect(Timestamp(time.description) == time)
        }
    }
}
