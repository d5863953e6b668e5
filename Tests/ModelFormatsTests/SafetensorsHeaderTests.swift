import ModelFormats
import SystemPackage
import TestHub
import TestSupport
import Testing

@Suite("safetensors headers")
struct SafetensorsHeaderTests {
    let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    private func file(_ json: String, data: Int, name: String = "model.safetensors") throws -> FilePath {
        let length = withUnsafeBytes(of: UInt64(json.utf8.count).littleEndian) { Array($0) }
        return try folder.write(length + Array(json.utf8) + [UInt8](repeating: 0, count: data), to: name)
    }

    private func code(_ json: String, data: Int = 64) throws -> ModelFormatError.Code? {
        let file = try file(json, data: data)
        do {
            _ = try ModelHeader.read(file)
            return nil
        } catch {
            return error.code
        }
    }

    private let good = """
        {"__metadata__":{"format":"pt","note":"a \\" brace }"},\
        "a.weight":{"dtype":"BF16","shape":[4, 4],"data_offsets":[0,32]},
        "b":{"dtype":"F32","shape":[],"data_offsets":[32,36]},"c":{"data_offsets":[36,36],"shape":[0],"dtype":"I8"}}
        """

    @Test("tensors are counted and the dominant type is told")
    func whole() throws {
        let header = try #require(try ModelHeader.read(try file(good + "   ", data: 36)))
        #expect(header.format == .safetensors)
        #expect(header.tensorCount == 3)
        #expect(header.parameters == 17)
        #expect(header.dataType == "BF16")
        #expect(header.architecture == nil)
    }

    @Test("shards are summed")
    func shards() throws {
        let first = try file(
            "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}", data: 4, name: "1.safetensors")
        let second = try file(
            "{\"b\":{\"dtype\":\"F32\",\"shape\":[8],\"data_offsets\":[0,32]}}", data: 32, name: "2.safetensors")
        let header = try #require(try ModelHeader.read(shards: [first, second]))
        #expect(header.parameters == 10)
        #expect(header.tensorCount == 2)
        #expect(header.dataType == "F32")
    }

    @Test(
        "JSON that is none, wrong types and impossible tensors are malformed",
        arguments: [
            "{\"a\"}", "{\"a\":{}}", "{\"a\":1}", "{,}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[1e3],\"data_offsets\":[0,4]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[100],\"data_offsets\":[0,400]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999999],\"data_offsets\":[0,4]}}",
            "{\"a\":{\"dtype\":\"X\",\"shape\":[18446744073709551615],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"X\",\"shape\":[1],\"data_offsets\":[0,4]}}",
            "{} x",
        ])
    func malformed(_ json: String) throws {
        #expect(try code(json) == .malformed)
    }

    @Test("nesting of 100,000 is refused without recursion")
    func nesting() throws {
        let deep = "{\"__metadata__\":" + String(repeating: "[", count: 100_000)
        #expect(try code(deep) == .tooLarge)
    }

    @Test("a length that the file does not have is no safetensors")
    func length() throws {
        let bytes = [UInt8](repeating: 0xFF, count: 8) + Array("{}".utf8)
        #expect(try ModelHeader.read(try folder.write(bytes, to: "x.safetensors")) == nil)
    }

    @Test("20,000 damaged headers give a header or a typed error, never a trap")
    func mutations() throws {
        let path = try file(good, data: 36)
        var generator = SplitMix64(seed: 7)
        let descriptor = try FileDescriptor.open(path, .readWrite)
        try descriptor.closeAfter {
            let alphabet = Array("{}[]\",:0129eE-\\ \u{0}\u{7F}".utf8)
            let original = Array(good.utf8)
            var refused = 0
            for _ in 0..<20_000 {
                let place = Int.random(in: 0..<original.count, using: &generator)
                let value = try #require(alphabet.randomElement(using: &generator))
                try descriptor.writeAll(toAbsoluteOffset: Int64(8 + place), [value])
                do { _ = try ModelHeader.read(path) } catch { refused += 1 }
                try descriptor.writeAll(toAbsoluteOffset: Int64(8 + place), [original[place]])
            }
            #expect(refused > 1_000)
            #expect(try ModelHeader.read(path) != nil)
        }
    }
}
