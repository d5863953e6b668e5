import ArtifactTypes
import Credentials
import SystemPackage
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct NetrcTests {
    static func parse(_ text: String) throws -> Netrc { try Netrc(parsing: Array(text.utf8), from: "netrc") }

    static func login(_ user: String?, _ password: String) -> Netrc.Login {
        Netrc.Login(user: user, password: Secret(password))
    }

    @Test("a host has its login, another host the default")
    func hosts() throws {
        let netrc = try Self.parse(
            """
            # mirrors
            machine git.example login bot password secret-1
            machine Hub.Example
                password secret-2 login me account staff
            default login anonymous password guest-pass
            """)
        #expect(netrc.login(for: "git.example") == Self.login("bot", "secret-1"))
        #expect(netrc.login(for: "hub.example") == Self.login("me", "secret-2"))
        #expect(netrc.login(for: "HUB.EXAMPLE") == Self.login("me", "secret-2"))
        #expect(netrc.login(for: "other.example") == Self.login("anonymous", "guest-pass"))
    }

    @Test("without a default an unknown host has none, nor has the part of a host's name")
    func unknown() throws {
        let netrc = try Self.parse("machine git.example login bot password secret-1")
        #expect(netrc.login(for: "example") == nil)
        #expect(netrc.login(for: "git.example.org") == nil)
        #expect(netrc.login(for: "") == nil)
    }

    @Test("of several entries of a host the named user's is taken, else the first with a password")
    func users() throws {
        let netrc = try Self.parse(
            "machine h login none machine h login a password pass-a machine h login b password pass-b")
        #expect(netrc.login(for: "h") == Self.login("a", "pass-a"))
        #expect(netrc.login(for: "h", user: "b") == Self.login("b", "pass-b"))
        #expect(netrc.login(for: "h", user: "c") == nil)
    }

    @Test(
        "passwords keep their odd characters",
        arguments: [
            (#"password #hash"#, "#hash"),
            (#"password "with space""#, "with space"),
            (#"password "quote\"and\\back""#, #"quote"and\back"#),
            (#"password in"side"#, #"in"side"#),
            (#"password """#, ""),
            ("password machine", "machine"),
            ("password pä$$", "pä$$"),
        ])
    func passwords(line: String, password: String) throws {
        let netrc = try Self.parse("machine h login u \(line)\nmachine other login x password y")
        #expect(netrc.login(for: "h") == Self.login("u", password))
        #expect(netrc.login(for: "other") == Self.login("x", "y"))
    }

    @Test("a macro is passed over up to the empty line", arguments: ["\n", "\r\n"])
    func macros(lineBreak: String) throws {
        let text = [
            "machine a login u password p", "macdef init", "machine evil login x password y", "put machine", "",
            "machine b login v password q",
        ].joined(separator: lineBreak)
        let netrc = try Self.parse(text)
        #expect(netrc.login(for: "b") == Self.login("v", "q"))
        #expect(netrc.login(for: "evil") == nil)
    }

    @Test(
        "what does not parse is refused with its line, and no word of it is repeated",
        arguments: [
            ("machine h login u\nhunter2", "line 2"),
            ("login u password hunter2", "line 1"),
            ("machine h\npassword", "line 2"),
            ("machine h password \"hunter2\n\"", "line 1"),
            ("machine h password " + String(repeating: "hunter2", count: 5000), "line 1"),
        ])
    func malformed(text: String, place: String) {
        let error = #expect(throws: CredentialError.self) { try Self.parse(text) }
        #expect(error?.code == .malformed)
        #expect(error?.message.contains(place) == true)
        #expect(error?.message.contains("hunter2") == false)
    }

    @Test("an empty file has no logins, and no bytes whatever make it trap")
    func hostileBytes() throws {
        #expect(try Self.parse("").login(for: "h") == nil)
        #expect(throws: CredentialError.self) { try Netrc(parsing: [0xFF, 0xFE, 0x00], from: "netrc") }
        var generator = SystemRandomNumberGenerator()
        let words = ["machine", "login", "password", "default", "macdef", "\"", "\\", "#", "\n", " ", "x", "\r"]
        for _ in 0..<500 {
            let text = (0..<30).map { _ in words.randomElement(using: &generator)! }.joined(separator: " ")
            do {
                _ = try Self.parse(text)
            } catch let error as CredentialError {
                #expect(error.code == .malformed)
            }
        }
    }

    @Test("the user's file is $NETRC, else ~/.netrc, else none")
    func userFile() throws {
        let folder = try TemporaryDirectory()
        let log = LogRecorder()
        let home = ["HOME": folder.path.string]
        #expect(try Netrc.user(environment: home, logger: log.logger)?.login(for: "h") == nil)
        #expect(try Netrc.user(environment: [:], logger: log.logger)?.login(for: "h") == nil)
        let file = try folder.write("machine h login u password p".utf8, to: ".netrc")
        chmod(file.string, 0o600)
        #expect(try Netrc.user(environment: home, logger: log.logger)?.login(for: "h") == Self.login("u", "p"))
        let other = try folder.write("machine h login v password q".utf8, to: "other")
        chmod(other.string, 0o600)
        let named = home.merging(["NETRC": other.string]) { $1 }
        #expect(try Netrc.user(environment: named, logger: log.logger)?.login(for: "h") == Self.login("v", "q"))
        #expect(log.all.isEmpty)
    }
}
