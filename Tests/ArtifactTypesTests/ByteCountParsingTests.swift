import ArtifactTypes
import Testing

@Suite struct ByteCountParsingTests {
    @Test(
        "a size as people type it becomes bytes",
        arguments: [
            ("0", 0), ("800", 800), ("800B", 800), ("20M", 20_000_000), ("20m", 20_000_000), ("1.5G", 1_500_000_000),
            ("500k", 500_000), ("2TB", 2_000_000_000_000), ("0.1k", 100),
        ] as [(String, Int64)])
    func good(text: String, bytes: Int64) {
        #expect(ByteCount(parsing: text)?.bytes == bytes)
    }

    @Test(
        "what is no size is refused",
        arguments: [
            "", "M", "-1", "+1", "1e3", "nan", "inf", "20MM", ".5M", "5.", "1.2.3", "0x10", "99999999T", "B",
        ])
    func bad(text: String) {
        #expect(ByteCount(parsing: text) == nil)
    }
}
