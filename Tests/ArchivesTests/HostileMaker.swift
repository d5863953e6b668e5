import Archives
import TestHub

/// Makes archives that must be refused, from a seed: each kind of attack many ways.
struct HostileMaker {
    enum Attack: String, CaseIterable, Sendable {
        case climbingName, absoluteName, oddName, linkOut, linkChain, throughLink, hardLink, special, modeBits, twice
        case collision, lyingSize, tooMuch
    }

    struct Made {
        var bytes: [UInt8]
        var policy = ExtractionPolicy()
        /// What the entry at fault has in its name.
        var culprit = "evil"
        /// Some names cannot be read at all, or are read up to the byte at fault: then no entry can be blamed.
        var mayNameNone = false
    }

    /// Where an attack aims at: outside the tree, and watched.
    let victim: String
    private var generator: SplitMix64

    init(seed: UInt64, victim: String) {
        generator = SplitMix64(seed: seed)
        self.victim = victim
    }

    mutating func make(_ attack: Attack) -> Made {
        var tar = TarBuilder()
        for number in 0..<number(0...3) { tar.file("innocent-\(number)", mode: pick([0o644, 0o755])) }
        var made = Made(bytes: [])
        switch attack {
        case .climbingName: put(climb() + "evil", into: &tar)
        case .absoluteName:
            put(pick(["/", "//", "/./", "/../"]) + pick([victim.dropFirst() + "/", ""]) + "evil", into: &tar)
        case .oddName: oddName(&tar, &made)
        case .linkOut: linkOut(&tar)
        case .linkChain: linkChain(&tar, &made)
        case .throughLink: throughLink(&tar)
        case .hardLink: hardLink(&tar)
        case .special:
            tar.entry(Array((inside() + "evil").utf8), type: pick(["3", "4", "6"]), mode: pick([0o644, 0o666, 0o777]))
        case .modeBits:
            let mode = pick([0o4000, 0o2000, 0o1000, 0o6000, 0o7000]) | pick([0o644, 0o755, 0o777])
            if flip() { tar.file(inside() + "evil", mode: mode) } else { tar.folder(inside() + "evil", mode: mode) }
        case .twice: twice(&tar)
        case .collision: collision(&tar, &made)
        case .lyingSize: lyingSize(&tar, &made)
        case .tooMuch: tooMuch(&tar, &made)
        }
        for number in 0..<number(0...3) { tar.file("innocent-end-\(number)") }
        made.bytes = tar.bytes + [UInt8](repeating: 0, count: 1024 * number(1...20))
        return made
    }

    // MARK: - Choices

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    private mutating func flip() -> Bool { Bool.random(using: &generator) }
    private mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: values.indices, using: &generator)]
    }

    private mutating func word() -> String {
        String((0..<number(1...8)).map { _ in pick(Array("abcdefghijklmnop")) })
    }

    /// Some folders, with a slash at the end; often none.
    private mutating func inside() -> String {
        (0..<number(0...4)).map { _ in word() + "/" }.joined()
    }

    /// A way out of the tree: down and further up.
    private mutating func climb() -> String {
        var parts: [String] = []
        var depth = 0
        while depth >= 0 {
            if flip() && parts.count < 8 {
                parts.append(word())
                depth += 1
            } else {
                parts.append("..")
                depth -= 1
            }
            if number(0...5) == 0 { parts.append(".") }
        }
        for _ in 0..<number(0...6) { parts.append("..") }
        return pick(["", "./", "././"]) + parts.joined(separator: "/") + "/" + pick(["victim/", "", word() + "/"])
    }

    /// An entry by its name in the header, in a pax header or in GNU's long name.
    private mutating func put(_ name: String, type: Character = "0", link: String = "", into tar: inout TarBuilder) {
        let bytes = Array(name.utf8)
        switch number(bytes.count > 100 ? 1...2 : 0...2) {
        case 0: tar.entry(bytes, type: type, link: link)
        case 1:
            tar.pax([("path", name)] + (link.isEmpty ? [] : [("linkpath", link)]))
            tar.entry(Array("short".utf8), type: type, link: "short")
        default:
            if !link.isEmpty { tar.entry(Array("././@LongLink".utf8), type: "K", data: Array(link.utf8) + [0]) }
            tar.entry(Array("././@LongLink".utf8), type: "L", data: bytes + [0])
            tar.entry(Array("short".utf8), type: type, link: "short")
        }
    }

    // MARK: - Attacks

    private mutating func oddName(_ tar: inout TarBuilder, _ made: inout Made) {
        let folders = inside()
        switch number(0...5) {
        case 0:
            // Bytes that are no UTF-8, in a header and in a pax record.
            made.culprit = ""
            made.mayNameNone = true
            let bad: [UInt8] = pick([
                [0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82],
            ])
            tar.entry(Array(folders.utf8) + Array("evil".utf8) + bad + Array("x".utf8))
        case 1: put(folders + "evil" + pick(["\u{1}", "\n", "\r", "\u{1B}[2J", "\u{7F}", "\u{85}"]), into: &tar)
        case 2: put(folders + "evil" + pick(["\u{202E}", "\u{200B}", "\u{2066}", "\u{FEFF}", "\u{200F}"]), into: &tar)
        case 3: put(pick(["C:", "c:\\", "..\\", "\\\\host\\"]) + "evil", into: &tar)
        case 4: put(folders + "evil" + String(repeating: "n", count: number(252...4000)), into: &tar)
        default: put(folders + pick(["evil//x", "evil/./x", "evil/../evil"]), into: &tar)
        }
    }

    private mutating func linkOut(_ tar: inout TarBuilder) {
        let folders = inside()
        let ups = String(repeating: "../", count: folders.split(separator: "/").count + number(1...5))
        let target = pick([
            ups + "victim", ups + "passwd", victim, "/etc/passwd", "/", "none/../" + ups + "victim", "./" + ups,
        ])
        put(folders + "evil", type: "2", link: target, into: &tar)
    }

    /// Links that stay inside one by one, and leave together.
    private mutating func linkChain(_ tar: inout TarBuilder, _ made: inout Made) {
        let depth = number(1...6)
        tar.folder((0..<depth).map { "d\($0)" }.joined(separator: "/"))
        var links: [(String, String)] = [("evil-0", (0..<depth).map { "d\($0)" }.joined(separator: "/"))]
        let length = number(1...6)
        for number in 0..<length { links.append(("evil-\(number + 1)", "./evil-\(number)")) }
        links.append(("evil-last", "evil-\(length)/" + String(repeating: "../", count: depth + 1) + "victim"))
        if flip() { links.reverse() }
        for (name, target) in links { tar.symbolicLink(name, to: target) }
        made.culprit = "evil-last"
    }

    private mutating func throughLink(_ tar: inout TarBuilder) {
        let target = pick(["innocent", "../victim", victim, ".", "..", "evil/../.."])
        if target == "innocent" { tar.folder("innocent") }
        let deep = pick(["", "a/", "a/b/"])
        put(deep + "evil", type: "2", link: target, into: &tar)
        if flip() { tar.file(deep + "evil/secret") } else { tar.folder(deep + "evil/more") }
    }

    private mutating func hardLink(_ tar: inout TarBuilder) {
        let target = pick([
            "../passwd", "../victim/secret", "/etc/passwd", victim + "/secret", "none", "folder", "out/secret",
            "./../victim/secret", "folder/../../passwd",
        ])
        tar.folder("folder")
        if target.hasPrefix("out") { tar.symbolicLink("out", to: pick(["folder", "."])) }
        put(inside() + "evil", type: "1", link: target, into: &tar)
    }

    private mutating func twice(_ tar: inout TarBuilder) {
        let name = inside() + "evil"
        switch number(0...4) {
        case 0:
            put(name, into: &tar)
            put(pick(["./", "././", ""]) + name, into: &tar)
        case 1:
            tar.file(name)
            tar.file(name + "/" + word())
        case 2:
            tar.file(name + "/" + word())
            tar.file(name)
        case 3:
            tar.folder(name)
            tar.symbolicLink(name, to: "x")
        default:
            tar.symbolicLink(name, to: "x")
            if flip() { tar.folder(name) } else { tar.hardLink(name, to: name) }
        }
    }

    private mutating func collision(_ tar: inout TarBuilder, _ made: inout Made) {
        let (first, second) = pick([
            ("evil", "EVIL"), ("eVil", "Evil"), ("evilß", "EVILSS"), ("evil\u{E9}", "evile\u{301}"),
            ("evil\u{212A}", "evilk"), ("Ævil", "ævil"), ("evil\u{1E9E}", "evilß"), ("evilΣ", "evilς"),
        ])
        let folders = inside()
        // As a file's own name, or as the folder that it lies in.
        let tail = pick(["", "/x", "/x/y"])
        tar.file(folders + first + tail)
        tar.file(folders + second + (tail.isEmpty ? "" : "/other"))
        made.culprit = second
    }

    private mutating func lyingSize(_ tar: inout TarBuilder, _ made: inout Made) {
        made.culprit = ""
        made.mayNameNone = true
        let huge = pick([Int64.max, Int64.max - 511, 1 << 62, 1 << 40, 1 << 37])
        switch number(0...5) {
        case 0: tar.entry(Array("evil".utf8), data: [1], size: huge)
        case 1:
            tar.pax([("size", "\(huge)")])
            tar.file("evil")
        case 2:
            tar.pax([("GNU.sparse.size", "\(huge)"), ("GNU.sparse.map", "0,7")])
            tar.file("evil")
        case 3:
            tar.pax([("GNU.sparse.size", "100"), ("GNU.sparse.map", "\(huge),7")])
            tar.file("evil")
        case 4:
            tar.entry(Array("././@LongLink".utf8), type: pick(["L", "K"]), data: [1], size: pick([1 << 30, 1 << 40]))
        default: tar.entry(Array("pax".utf8), type: pick(["x", "g"]), data: Array("9 a=b\n".utf8), size: 1 << 32)
        }
    }

    private mutating func tooMuch(_ tar: inout TarBuilder, _ made: inout Made) {
        switch number(0...3) {
        case 0:
            let count = number(5...40)
            for number in 0..<count { tar.file("evil-\(number)") }
            made.policy.maximumEntries = number(4...count - 1)
        case 1:
            tar.file("evil", String(repeating: "x", count: number(200...5000)))
            made.policy.maximumBytes = Int64(number(30...199))
        case 2:
            made.policy.maximumDepth = number(1...5)
            put("evil/" + (0..<made.policy.maximumDepth).map { "d\($0)" }.joined(separator: "/"), into: &tar)
        default:
            tar.folder("evil/" + (0..<number(6...40)).map { "d\($0)" }.joined(separator: "/"))
            made.policy.maximumEntries = 5
        }
    }
}
