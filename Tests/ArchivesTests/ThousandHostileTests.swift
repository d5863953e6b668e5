import Archives
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// Some two thousand archives that nobody should open: what is outside the tree stays as it is, no link leads there, and
/// every refusal names its entry.
@Suite("A thousand hostile archives")
struct ThousandHostileTests {
    private static let number = 80

    /// Extracts, of a file that is whole or that arrives, and gives back why not.
    private func refusal(
        of bytes: [UInt8], _ policy: ExtractionPolicy, in workshop: Workshop, arriving: Bool, isRefusalDue: Bool = true
    ) async throws -> ArchiveError? {
        let path = try workshop.directory.write(bytes, to: "archive")
        do {
            if arriving {
                let file = ArrivingFile(path)
                async let report = Archive.extract(file, into: workshop.target, policy: policy)
                for front in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 5)) {
                    file.advance(to: Int64(front))
                }
                file.finish(at: Int64(bytes.count))
                _ = try await report
            } else {
                try await workshop.extract(path, policy)
            }
            if isRefusalDue { try workshop.clearTarget() }
            return nil
        } catch let error as ArchiveError {
            return error
        }
    }

    @Test("each attack is refused many ways", arguments: HostileMaker.Attack.allCases)
    func generated(attack: HostileMaker.Attack) async throws {
        let workshop = try Workshop()
        for number in 0..<Self.number {
            var maker = HostileMaker(seed: UInt64(number), victim: workshop.path("victim").string)
            let made = maker.make(attack)
            let label = Comment(rawValue: "\(attack) \(number)")
            let error = try await refusal(of: made.bytes, made.policy, in: workshop, arriving: number % 2 == 0)
            #expect(error != nil, label)
            #expect(
                made.mayNameNone || error?.entry?.contains(made.culprit) == true,
                "\(label): \(String(describing: error))")
            #expect(error?.blamesContentAlone == true, "\(label): \(String(describing: error))")
            #expect(try workshop.targetIsEmpty, label)
            #expect(try workshop.neighboursAreUntouched(besides: ["archive"]), label)
        }
    }

    @Test("each attack is refused in a zip", arguments: [1])
    func zips(seed: Int) async throws {
        let workshop = try Workshop()
        let script = """
            import random, zipfile
            random.seed(\(seed))
            victim = "\(workshop.path("victim"))"
            for number in range(\(Self.number)):
                kinds = [
                    ("../" * random.randint(1, 5) + "evil", 0o100644, "x"),
                    ("a/" + "../" * random.randint(2, 5) + "victim/evil", 0o100644, "x"),
                    (victim + "/evil", 0o100644, "x"), ("evil\\\\..\\\\x", 0o100644, "x"), ("C:evil", 0o100644, "x"),
                    ("evil", 0o120777, "../" * random.randint(1, 5) + "victim"), ("evil", 0o120777, victim),
                    ("a/b/evil", 0o120777, "../../../passwd"), ("evil", 0o020644, ""), ("evil", 0o060644, ""),
                    ("evil", 0o140644, ""), ("evil", 0o104755, "x"), ("evil", 0o102755, "x"),
                    ("Innocent/evil", 0o100644, "x"),
                ]
                name, mode, content = kinds[number % len(kinds)]
                with zipfile.ZipFile(f"zip-{number}", "w", random.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
                    archive.writestr("innocent/file", "content")
                    info = zipfile.ZipInfo(name)
                    info.create_system = 3
                    info.external_attr = mode << 16
                    archive.writestr(info, content)
            """
        try run(["python3", "-c", script], in: workshop.directory.path)
        for number in 0..<Self.number {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: workshop.path("zip-\(number)").string))
            try FileManager.default.removeItem(atPath: workshop.path("zip-\(number)").string)
            let label = Comment(rawValue: "zip \(number)")
            let error = try await refusal(
                of: Array(bytes), ExtractionPolicy(), in: workshop, arriving: number % 2 == 0)
            #expect(error?.entry?.contains("evil") == true, "\(label): \(String(describing: error))")
            #expect(error?.code == .unsafe, label)
            #expect(try workshop.targetIsEmpty, label)
        }
        #expect(try workshop.neighboursAreUntouched(besides: ["archive"]))
    }

    @Test(
        "bombs, cuts and changed bytes leave no more than they may",
        arguments: [
            ["tar", "-z"], ["tar", "-J"], ["tar", "--zstd"], ["bsdtar", "-j"], ["bsdtar", "--lz4"],
            ["bsdtar", "--format=zip"],
        ])
    func damaged(maker: [String]) async throws {
        let workshop = try Workshop()
        var generator = SplitMix64(seed: 21)
        try workshop.directory.write([UInt8](repeating: 0, count: 4 << 20), to: "source/evil-zeros")
        try workshop.directory.write(
            (0..<20_000).map { _ in UInt8(truncatingIfNeeded: generator.next()) }, to: "source/noise")
        try run(maker + ["-cf", "../bomb", "evil-zeros"], in: workshop.path("source"))
        try run(maker + ["-cf", "../whole", "noise"], in: workshop.path("source"))
        let bomb = Array(try Data(contentsOf: URL(fileURLWithPath: workshop.path("bomb").string)))
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: workshop.path("whole").string)))
        for number in 0..<40 {
            let label = Comment(rawValue: "\(maker) \(number)")
            var policy = ExtractionPolicy(ratioFloor: Int64.random(in: 1...1 << 20, using: &generator))
            policy.maximumRatio = Int64.random(in: 1...80, using: &generator)
            let error = try await refusal(of: bomb, policy, in: workshop, arriving: number % 2 == 0)
            #expect(error?.code == .limit, "\(label): \(String(describing: error))")
            #expect(error?.entry?.contains("evil-zeros") == true, label)
            #expect(try workshop.targetIsEmpty, label)

            let cut = Array(whole.prefix(Int.random(in: 0..<18_000, using: &generator)))
            let cutError = try await refusal(of: cut, ExtractionPolicy(), in: workshop, arriving: number % 2 == 1)
            #expect(cutError != nil, label)
            #expect(try workshop.targetIsEmpty, label)

            var changed = whole
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                changed[Int.random(in: changed.indices, using: &generator)] ^= UInt8.random(
                    in: 1...255, using: &generator)
            }
            // It may be a tree all the same: not every format has a checksum.
            if try await refusal(
                of: changed, ExtractionPolicy(), in: workshop, arriving: number % 2 == 0, isRefusalDue: false) == nil
            {
                #expect(try workshop.linksStayInside, label)
                try workshop.clearTarget()
            }
            #expect(try workshop.targetIsEmpty, label)
        }
        #expect(try workshop.neighboursAreUntouched(besides: ["archive", "source", "bomb", "whole"]))
    }

    @Test("what is no archive of the list is refused by what it is, whatever its name")
    func otherFormats() async throws {
        let workshop = try Workshop()
        var generator = SplitMix64(seed: 8)
        let known: [(String, [UInt8])] = [
            ("RAR", Array("Rar!\u{1A}\u{07}\u{00}".utf8)), ("7-Zip", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
            ("cpio", Array("070701".utf8)), ("ar archive", Array("!<arch>\n".utf8)), ("cabinet", Array("MSCF".utf8)),
            ("xar", Array("xar!".utf8)), ("web page", Array("<html>".utf8)), ("ELF", Array("\u{7F}ELF".utf8)),
            ("RPM", [0xED, 0xAB, 0xEE, 0xDB]), ("lzip", Array("LZIP".utf8)), ("mtree", Array("#mtree\n".utf8)),
            ("no known format", [0x99, 0x98]),
        ]
        for number in 0..<120 {
            let (name, magic) = known[number % known.count]
            let rest = (0..<Int.random(in: 600...3000, using: &generator)).map { _ in
                UInt8(truncatingIfNeeded: generator.next())
            }
            let error = try await refusal(
                of: magic + rest, ExtractionPolicy(), in: workshop, arriving: number % 2 == 0)
            #expect(error?.code == .unsupportedFormat, "\(name): \(String(describing: error))")
            #expect(error?.reason.contains(name) == true, "\(name): \(String(describing: error))")
            #expect(try workshop.targetIsEmpty)
        }
        #expect(try workshop.neighboursAreUntouched(besides: ["archive"]))
    }
}

extension ArchiveError {
    fileprivate var blamesContentAlone: Bool {
        switch code {
        case .unsafe, .tooLarge, .limit, .corrupt, .unsupportedFormat: true
        case .io, .insufficientSpace, .cancelled: false
        }
    }
}

extension Workshop {
    /// Whether every link of the target leads to somewhere in it, or to nothing.
    fileprivate var linksStayInside: Bool {
        get throws {
            let root = URL(fileURLWithPath: target.string).resolvingSymlinksInPath().path
            return try FileManager.default.subpathsOfDirectory(atPath: target.string).allSatisfy { name in
                URL(fileURLWithPath: target.appending(name).string).resolvingSymlinksInPath().path.hasPrefix(root)
            }
        }
    }
}
