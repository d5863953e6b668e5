import ArtifactTypes
import Testing

@Suite struct QuantityTests {
    @Test(
        "a size is read as people write it",
        arguments: [
            ("0", 0), ("4096", 4096), ("20M", 20_000_000), ("500G", 500_000_000_000), ("500 gb", 500_000_000_000),
            ("1.5TB", 1_500_000_000_000), ("512MiB", 536_870_912), ("1Ki", 1024), ("7b", 7),
        ] as [(String, Int64)])
    func sizes(text: String, bytes: Int64) {
        #expect(ByteCount(parsing: text)?.bytes == bytes)
    }

    @Test(
        "what is no size is refused",
        arguments: [
            "", "G", "-1", "1..5G", "1.", ".5G", "5X", "1e3", "i", "5i", "5ib", "9223372036854775808", "9e9P", "٣G",
        ])
    func noSizes(text: String) {
        #expect(ByteCount(parsing: text) == nil)
    }

    @Test(
        "an age is read as people write it",
        arguments: [("45s", 45), ("90m", 5400), ("12h", 43_200), ("30d", 2_592_000), ("2W", 1_209_600), ("0d", 0)])
    func ages(text: String, seconds: Int) {
        #expect(Duration(parsing: text) == .seconds(seconds))
    }

    @Test("what is no age is refused", arguments: ["", "30", "d", "-1d", "1y", "1d2h", "99999999999w"])
    func noAges(text: String) {
        #expect(Duration(parsing: text) == nil)
    }
}
