import SystemPackage
import TestSupport
import Testing
import Vendors

/// A file with one mistake, and what is to be said of it.
struct Mistake: Sendable, CustomTestStringConvertible {
    let what: String
    let text: String
    let line: Int
    let column: Int
    /// A part of the message.
    let message: String
    var suggestion: String?

    var testDescription: String { what }

    private static let hub = "name = \"corp\"\nmodule = \"huggingface\"\n"
    private static let git = "name = \"corp\"\nmodule = \"git\"\n[git]\nurl = \"https://git.example/x.git\"\n"
    private static let worker = git + "[[worker]]\nname = \"w\"\nvariants = [\"cpu\"]\nbuild = [\"make\"]\n"
    private static let process = "name = \"corp\"\nmodule = \"process\"\n[process]\ncommand = [\"x\"]\n"

    static let syntax: [Mistake] = [
        Mistake(what: "broken syntax", text: hub + "priority = \n", line: 3, column: 12, message: "not TOML"),
        Mistake(what: "a key twice", text: hub + "name = \"again\"\n", line: 3, column: 8, message: "not TOML"),
        Mistake(what: "a header without a name", text: hub + " [=]\n", line: 3, column: 2, message: "a table header"),
        Mistake(what: "a brace in an array", text: hub + "forms = [\n  }\n]\n", line: 4, column: 3, message: "\"}\""),
        Mistake(what: "a header of two lines", text: hub + "[[\na]]\n", line: 3, column: 1, message: "a table header"),
        Mistake(
            what: "a mistake before a header without a name", text: hub + "priority = \n[=]\n", line: 3, column: 12,
            message: "key-value pair"),
        Mistake(what: "a NUL", text: hub + "# \0\n", line: 3, column: 1, message: "NUL"),
        Mistake(what: "a NUL in a key", text: hub + "\"a\\u0000b\" = 1\n", line: 1, column: 1, message: "NUL"),
        Mistake(
            what: "nesting without end",
            text: hub + "forms = " + String(repeating: "[", count: 40) + "1"
                + String(repeating: "]", count: 40), line: 1, column: 1, message: "too deep"),
    ]

    static let keys: [Mistake] = [
        Mistake(
            what: "an unknown key", text: hub + "priorty = 60\n", line: 3, column: 1, message: "\"priorty\"",
            suggestion: "priority"),
        Mistake(
            what: "an unknown option", text: hub + "\n[huggingface]\n  endpont = \"https://x\"\n", line: 5, column: 3,
            message: "\"endpont\" in [huggingface]", suggestion: "endpoint"),
        Mistake(
            what: "a key like none", text: hub + "colour = 1\n", line: 3, column: 1, message: "known are name, module"),
        Mistake(
            what: "another module's table", text: hub + "[git]\nurl = \"x\"\n", line: 3, column: 1,
            message: "another module"),
        Mistake(
            what: "an unknown key in an inline table", text: hub + "trust = { organisations = [] }\n", line: 3,
            column: 11, message: "\"organisations\" in [trust]", suggestion: "organizations"),
        Mistake(
            what: "an unknown key in an inline table of a list",
            text: hub + "[huggingface]\nmirrors = [\n  \"https://a\", # one\n  { url = \"https://b\", tokn = 1 },\n]\n",
            line: 6, column: 24, message: "\"tokn\"", suggestion: "token"),
        Mistake(
            what: "the first of two unknown keys", text: hub + "zebra = 1\nant = 2\n", line: 3, column: 1,
            message: "zebra"),
        Mistake(
            what: "no name", text: "module = \"huggingface\"\n", line: 1, column: 1, message: "\"name\" is missing"),
        Mistake(what: "no module", text: "name = \"corp\"\n", line: 1, column: 1, message: "\"module\" is missing"),
        Mistake(
            what: "a misspelt module key", text: "name = \"corp\"\nmodul = \"git\"\n", line: 2, column: 1,
            message: "\"modul\"", suggestion: "module"),
        Mistake(
            what: "a required option that is missing",
            text: "name = \"corp\"\nmodule = \"git\"\n\n[git]\nbranch = \"x\"\n",
            line: 4, column: 1, message: "\"url\" is missing"),
        Mistake(
            what: "a required table that is missing", text: "name = \"corp\"\nmodule = \"git\"\n", line: 2, column: 1,
            message: "a table [git]"),
        Mistake(
            what: "a mirror without url", text: hub + "[huggingface]\nmirrors = [{ username = \"bot\" }]\n", line: 4,
            column: 12, message: "\"url\" is missing"),
    ]

    static let values: [Mistake] = [
        Mistake(
            what: "an unknown module", text: "name = \"corp\"\nmodule = \"hugginface\"\n", line: 2, column: 1,
            message: "unknown module", suggestion: "huggingface"),
        Mistake(
            what: "a string for an integer", text: hub + "priority = \"60\"\n", line: 3, column: 1,
            message: "wants an integer, not a string"),
        Mistake(
            what: "a priority out of bounds", text: hub + "priority = -1\n", line: 3, column: 1, message: "0 to 1000"),
        Mistake(
            what: "an integer for a boolean", text: hub + "enabled = 1\n", line: 3, column: 1,
            message: "wants true or false"),
        Mistake(
            what: "a value for a table", text: "name = \"corp\"\nmodule = \"huggingface\"\nhuggingface = 1\n", line: 3,
            column: 1, message: "wants a table"),
        Mistake(
            what: "a date for a string", text: hub + "[huggingface]\nendpoint = 2024-01-01\n", line: 4, column: 1,
            message: "wants a string, not a date"),
        Mistake(
            what: "neither of two shapes", text: git + "submodules = 3\n", line: 5, column: 1,
            message: "wants true or false or an array of strings"),
        Mistake(
            what: "a wrong item on its own line", text: git + "submodules = [\n  \"a\",\n  # two\n  2,\n]\n", line: 8,
            column: 3, message: "wants strings, not an integer"),
        Mistake(
            what: "a literal secret", text: hub + "[huggingface]\ntoken = \"hf_verysecret\"\n", line: 4, column: 1,
            message: "never stands in a file"),
        Mistake(
            what: "a literal secret in a mirror",
            text: hub + "[huggingface]\nmirrors = [\n  { url = \"https://b\", token = \"hf_verysecret\" },\n]\n",
            line: 5,
            column: 24, message: "never stands in a file"),
        Mistake(
            what: "a literal secret among secrets", text: process + "secrets = { token = \"hf_verysecret\" }\n",
            line: 5,
            column: 13, message: "never stands in a file"),
        Mistake(
            what: "a password in a URL",
            text: hub + "[huggingface]\nendpoint = \"https://me:hf_verysecret@x.example\"\n",
            line: 4, column: 1, message: "carries a user or password"),
        Mistake(
            what: "a secret in two places", text: hub + "[huggingface]\ntoken = { env = \"A\", file = \"b\" }\n",
            line: 4,
            column: 1, message: "wants one of"),
        Mistake(
            what: "a secret nowhere", text: hub + "[huggingface]\ntoken = { envv = \"A\" }\n", line: 4, column: 11,
            message: "\"envv\"", suggestion: "env"),
        Mistake(
            what: "a bad name", text: "name = \"a/b\"\nmodule = \"git\"\n", line: 1, column: 1, message: "bad name"),
        Mistake(
            what: "a URL scheme as a name", text: "name = \"https\"\nmodule = \"huggingface\"\n", line: 1, column: 1,
            message: "URLs"),
        Mistake(
            what: "a form with touching placeholders", text: hub + "forms = [\n\"a:{b}\",\n\"{b}{c}\",\n]\n", line: 5,
            column: 1, message: "bad form"),
        Mistake(
            what: "a kind that is none", text: hub + "provides = [\"modles\"]\n", line: 3, column: 1,
            message: "models, workers or both", suggestion: "models"),
        Mistake(
            what: "a kind that the module has not", text: hub + "provides = \"both\"\n", line: 3, column: 1,
            message: "cannot provide workers"),
    ]

    static let recipes: [Mistake] = [
        Mistake(
            what: "an unknown key in the second worker",
            text: worker + "binary = \"x\"\n\n[[worker]]\nname = \"v\"\nbiuld = []\n", line: 13, column: 1,
            message: "\"biuld\" in [worker]", suggestion: "build"),
        Mistake(
            what: "a cache that is shared", text: worker + "binary = \"x\"\ncaches = { cargo = \"shared\" }\n",
            line: 10, column: 12, message: "\"private\" or \"read-only\""),
        Mistake(
            what: "a build beside a pkgbuild", text: worker + "pkgbuild = \"PKGBUILD\"\n", line: 8, column: 1,
            message: "\"build\" stands beside \"pkgbuild\""),
        Mistake(
            what: "a pkgbuild that climbs",
            text: git + "[[worker]]\nname = \"w\"\nvariants = [\"cpu\"]\npkgbuild = \"../PKGBUILD\"\n", line: 8,
            column: 1, message: "path in the checkout"),
        Mistake(what: "no binary", text: worker, line: 5, column: 1, message: "\"binary\" is missing"),
        Mistake(
            what: "a binary that climbs", text: worker + "binary = \"../${variant}\"\n", line: 9, column: 1,
            message: "path in the checkout"),
        Mistake(
            what: "a folder that is absolute", text: worker + "binary = \"x\"\ndirectory = \"/etc\"\n", line: 10,
            column: 1, message: "it is absolute"),
        Mistake(
            what: "an unknown variant",
            text: git
                + "[[worker]]\nname = \"w\"\nbuild = [\"make\"]\nbinary = \"x\"\nvariants = [\"cpu\", \"cude\"]\n",
            line: 9, column: 20, message: "unknown variant", suggestion: "cuda"),
        Mistake(
            what: "an unknown toolchain", text: worker + "binary = \"x\"\ntoolchains = [\"rusty\"]\n", line: 10,
            column: 15, message: "unknown toolchain", suggestion: "rust"),
        Mistake(
            what: "requirements of no variant", text: worker + "binary = \"x\"\nrequires = { every = [\"cc\"] }\n",
            line: 10, column: 14, message: "unknown variant"),
        Mistake(
            what: "two workers of a name",
            text: worker
                + "binary = \"x\"\n[[worker]]\nname = \"w\"\nvariants = [\"cpu\"]\nbuild = [\"m\"]\nbinary = \"y\"\n",
            line: 11, column: 1, message: "two workers"),
        Mistake(
            what: "a worker as a plain table", text: git + "[worker]\nname = \"w\"\n", line: 5, column: 1,
            message: "[[worker]]"),
        Mistake(
            what: "workers of a vendor of models",
            text:
                "name = \"corp\"\nmodule = \"git\"\nprovides = [\"models\"]\n[git]\nurl = \"x\"\n[[worker]]\nname = \"w\"\n",
            line: 6, column: 1, message: "wants \"workers\" in \"provides\""),
    ]
}

@Suite("every mistake in a vendors.d file is placed")
struct PlacedErrorTests {
    @Test(
        "a mistake is reported with its line, column and nearest word, and disables its vendor alone",
        arguments: Mistake.syntax + Mistake.keys + Mistake.values + Mistake.recipes)
    func placed(_ mistake: Mistake) throws {
        let folders = try Folders([["10-corp.toml": mistake.text, "20-other.toml": hub("other")]])
        let registry = folders.load()
        let error = try #require(registry.errors.first)
        #expect(registry.errors.count == 1)
        #expect(error.file == folders.paths[0].appending("10-corp.toml").string)
        #expect(error.message.contains(mistake.message), "\(error)")
        #expect(error.line == mistake.line, "\(error)")
        #expect(error.column == mistake.column, "\(error)")
        #expect(error.suggestion == mistake.suggestion, "\(error)")
        #expect(!error.description.contains("verysecret"))
        #expect(registry.entry("other")?.state == .ok)
        #expect(registry.entry("hf")?.state == .ok)
    }

    @Test("lines are counted past strings of many lines, comments and Windows line ends")
    func lines() throws {
        let text = hub(
            "corp", "forms = [\r\n  '''corp:{a}''', # ]\r\n  \"\"\"corp:{b}/\r\n\"quoted\\\"\"\"\"\"\",\r\n]\r\nodd = 1"
        )
        let folders = try Folders([["corp.toml": text]])
        let error = try #require(folders.load().errors.first)
        #expect((error.line, error.column) == (8, 1), "\(error)")
    }

    @Test("a file that cannot be read as text is an error of that file")
    func unreadable() throws {
        let folders = try Folders([["a.toml": "", "ok.toml": hub("ok")]])
        try folders.directory.write([0x23, 0x0a, 0xff, 0xfe], to: "folder0/bytes.toml")
        try folders.directory.write(
            repeatElement(UInt8(ascii: "#"), count: (1 << 20) + 1), to: "folder0/large.toml")
        try folders.directory.write([], to: "folder0/folder.toml/inside")
        let registry = folders.load()
        let errors = Dictionary(
            uniqueKeysWithValues: registry.entries.compactMap { entry in
                entry.error.map { (entry.name, $0) }
            })
        #expect(errors.keys.sorted() == ["bytes", "folder", "large"])
        #expect(errors["bytes"]?.message.contains("UTF-8") == true)
        #expect(errors["bytes"]?.line == 2)
        #expect(errors["large"]?.message.contains("1 MiB") == true)
        #expect(errors["folder"]?.message.contains("regular") == true)
        #expect(registry.entry("ok")?.state == .ok)
    }

    @Test("a name that stands twice in one folder is disabled, and the second file is the one to mend")
    func twice() throws {
        let folders = try Folders([["1.toml": hub("corp"), "2.toml": "\n" + hub("corp")]])
        let registry = folders.load()
        let error = try #require(registry.errors.first)
        #expect((error.line, error.column) == (2, 1))
        #expect(error.file.hasSuffix("2.toml"))
        #expect(error.message.contains("1.toml"))
        #expect(registry.entries.filter { $0.name == "corp" }.map(\.state.name) == ["shadowed", "error"])
    }

    @Test("an option that the module itself refuses is placed at its own line once the vendor was made")
    func refusedByModule() throws {
        let registry = try Folders([["corp.toml": hub("corp", "[huggingface]\ntimeout = 0")]]).load()
        #expect(registry.errors.isEmpty)
        registry.makeAll()
        let error = try #require(registry.errors.first)
        #expect((error.line, error.column) == (4, 1))
        #expect(error.message.contains("a timeout of 0 is none"))
    }
}
