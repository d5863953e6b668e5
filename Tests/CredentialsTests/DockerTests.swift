import ArtifactTypes
import Foundation
import Logging
import SystemPackage
import TestSupport
import Testing

@testable import Credentials

@Suite("Docker's logins")
struct DockerTests {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    private func find(_ registry: String, _ json: String) async throws -> RegistryCredential? {
        chmod(try folder.write(Array(json.utf8), to: "config.json").string, 0o600)
        let environment = [
            "DOCKER_CONFIG": folder.path.string, "PATH": "\(folder.path.appending("bin")):/usr/bin:/bin",
        ]
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return try await DockerCredentials(environment: environment, logger: logger)
            .credential(for: "team/tiny", at: registry)
    }

    private func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    @Test("are found by the host, however it is spelt, with a port of its own")
    func hosts() async throws {
        let json = #"""
            {"auths":{"https://GHCR.io/v2/":{"auth":"\#(base64("me:a:b"))"},"h:5000":{"username":"u","password":"p"},
            "https://index.docker.io/v1/":{"auth":"\#(base64("hub:pw"))"},"quay.io":{"identitytoken":"it"},
            "e.example":{},"t.example":{"registrytoken":"rt"},"b.example":{"auth":"%%"}},"other":[1]}
            """#
        #expect(try await find("ghcr.io", json) == .login(user: "me", password: Secret("a:b")))
        #expect(try await find("h:5000", json) == .login(user: "u", password: Secret("p")))
        #expect(try await find(DockerCredentials.hub, json) == .login(user: "hub", password: Secret("pw")))
        #expect(try await find("quay.io", json) == .identityToken(Secret("it")))
        #expect(try await find("t.example", json) == .bearer(Secret("rt")))
        for host in ["h", "evil-ghcr.io", "e.example", "b.example"] { #expect(try await find(host, json) == nil) }
    }

    @Test("what podman login has left counts where Docker has nothing; its own variable goes before the usual places")
    func podman() async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let home = folder.path
        let place = { (host: String, user: String) in
            #"{"auths":{"\#(host)":{"auth":"\#(base64("\(user):p"))"}}}"#
        }
        let files = [
            ".docker/config.json": place("d.example", "docker"), "run/containers/auth.json": place("r.example", "run"),
            ".config/containers/auth.json": place("docker.io", "hub"), "named.json": place("d.example", "named"),
        ]
        for (path, json) in files { chmod(try folder.write(Array(json.utf8), to: path).string, 0o600) }
        var environment = ["HOME": home.string, "XDG_RUNTIME_DIR": home.appending("run").string]
        let find = { (host: String, environment: [String: String]) async throws -> String? in
            let docker = DockerCredentials(environment: environment, logger: logger)
            guard case .login(let user, _) = try await docker.credential(for: "team/tiny", at: host) else { return nil }
            return user
        }
        #expect(try await find("d.example", environment) == "docker")
        #expect(try await find("r.example", environment) == "run")
        #expect(try await find(DockerCredentials.hub, environment) == "hub")
        environment["REGISTRY_AUTH_FILE"] = home.appending("named.json").string
        environment["DOCKER_CONFIG"] = home.appending("nothing").string
        #expect(try await find("d.example", environment) == "named")
        #expect(try await find("r.example", environment) == nil)
    }

    @Test("without a configuration there are none")
    func none() async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let environments = [["DOCKER_CONFIG": folder.path.appending("nothing").string], ["HOME": "/nonexistent"], [:]]
        for environment in environments {
            let docker = DockerCredentials(environment: environment, logger: logger)
            #expect(try await docker.credential(for: "team/tiny", at: "ghcr.io") == nil)
        }
    }

    @Test("a registry's own helper goes before that of all, and what the file has is the last resort")
    func helpers() async throws {
        let answer = #"echo "{\"Username\":\"$0\",\"Secret\":\"$(cat)\"}""#
        try folder.script("bin/docker-credential-own", answer)
        try folder.script("bin/docker-credential-all", #"echo "credentials not found in native keychain"; exit 1"#)
        let json = #"""
            {"credHelpers":{"ghcr.io":"own"},"credsStore":"all","auths":{"quay.io":{"username":"u","password":"p"}}}
            """#
        let program = folder.path.appending("bin/docker-credential-own").string
        #expect(try await find("ghcr.io", json) == .login(user: program, password: Secret("ghcr.io")))
        #expect(try await find("quay.io", json) == .login(user: "u", password: Secret("p")))
        #expect(try await find("other.example", json) == nil)
    }

    @Test(
        "a helper that is none, is missing, fails or babbles is an error that repeats nothing of it",
        arguments: [
            ("../own", CredentialError.Code.malformed), ("a/b", .malformed), ("-x", .malformed), ("absent", .missing),
            ("fails", .commandFailed), ("babbles", .malformed),
        ])
    func broken(_ name: String, _ code: CredentialError.Code) async throws {
        try folder.script("bin/docker-credential-fails", "echo hunter2; exit 3")
        try folder.script("bin/docker-credential-babbles", "echo hunter2")
        let error = await #expect(throws: CredentialError.self) {
            try await find("ghcr.io", #"{"credsStore":"\#(name)"}"#)
        }
        #expect(error?.code == code)
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test("of several entries of one host that one counts that says most of the name, and none of another's")
    func namespaces() async throws {
        func entry(_ key: String) -> String { #""\#(key)":{"username":"\#(key)","password":"p"}"# }
        let keys = ["q.example/aaa", "q.example/team", "q.example/team/tiny", "q.example/team/tiny2", "q.example"]
        let all = #"{"auths":{\#(keys.map(entry).joined(separator: ","))}}"#
        #expect(try await find("q.example", all) == .login(user: "q.example/team/tiny", password: Secret("p")))
        #expect(try await find("q.example", #"{"auths":{\#(entry("q.example/aaa"))}}"#) == nil)
        let api = #"{"auths":{\#(entry("https://q.example/v2/"))}}"#
        #expect(try await find("q.example", api) == .login(user: "https://q.example/v2/", password: Secret("p")))
    }

    @Test("what is broken in one place keeps nobody from what lies in the next")
    func brokenFirst() async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let good = #"{"auths":{"d.example":{"username":"u","password":"p"}}}"#
        chmod(try folder.write(Array(good.utf8), to: "good.json").string, 0o600)
        let environment = [
            "DOCKER_CONFIG": folder.path.string, "REGISTRY_AUTH_FILE": folder.path.appending("good.json").string,
        ]
        for broken in ["{", #"{"credsStore":"desktop.exe"}"#] {
            try folder.write(Array(broken.utf8), to: "config.json")
            let docker = DockerCredentials(environment: environment, logger: logger)
            #expect(
                try await docker.credential(for: "team/tiny", at: "d.example")
                    == .login(user: "u", password: Secret("p")))
            await #expect(throws: CredentialError.self) {
                try await docker.credential(for: "team/tiny", at: "other.example")
            }
        }
    }

    @Test("a configuration that is no JSON is an error without its content")
    func malformed() async throws {
        let error = await #expect(throws: CredentialError.self) { try await find("ghcr.io", "hunter2") }
        #expect(error?.code == .malformed)
        #expect(error?.description.contains("hunter2") == false)
    }
}
