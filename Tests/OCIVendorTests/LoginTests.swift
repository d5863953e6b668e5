import ArtifactTypes
import Foundation
import Provisioning
import SystemPackage
import TestHub
import TestSupport
import Testing

@Suite("logins at registries")
struct LoginTests {
    private let user = "me"
    private let password = "p:ä ss"

    private var auth: String { Data("\(user):\(password)".utf8).base64EncodedString() }

    private func world(_ access: RegistryAccess) throws -> RegistryWorld {
        let world = try RegistryWorld(access: access)
        try world.hub.addArtifact(
            "a/b", tag: "v1", layers: [RegistryLayer("application/vnd.docker.ai.gguf.v3", text: "x")])
        return world
    }

    @Test("a token for anybody is fetched from the realm, for pulling alone, and goes with the layers")
    func anonymous() async throws {
        let world = try world(.token(user: nil, password: nil))
        let source = try #require(try await world.resolve("/a/b:v1").files.first?.sources.first)
        #expect(source.headers == ["Authorization": Secret("Bearer registry-token")])
        let asked = try #require(world.hub.requests.first { $0.path == "/token" })
        #expect(asked.target == "/token?service=test%20registry&scope=repository%3Aa%2Fb%3Apull")
        #expect(asked.headers["authorization"] == nil)
    }

    @Test("what docker login has left opens a registry: by basic login, and for a token")
    func docker() async throws {
        for access in [RegistryAccess.basic(user: user, password: password), .token(user: user, password: password)] {
            let world = try world(access)
            let without = try await world.failure("/a/b:v1")
            #expect(without.code == .unauthorized)
            #expect(without.remedy?.contains("docker login \(world.host)") == true)
            try world.dockerConfiguration(#"{"auths":{"http://\#(world.host)/v2/":{"auth":"\#(auth)"}}}"#)
            #expect(try await world.resolve("/a/b:v1").files.count == 1)
            try world.dockerConfiguration(#"{"auths":{"\#(world.host)":{"username":"me","password":"wrong"}}}"#)
            let wrong = try await world.failure("/a/b:v1")
            #expect(wrong.code == .unauthorized)
            #expect(!wrong.description.contains("wrong"))
        }
    }

    @Test("a token of the instance's own that is not there is named with its file, and no login of Docker's")
    func unset() async throws {
        for access in [RegistryAccess.basic(user: user, password: password), .token(user: user, password: password)] {
            let world = try world(access)
            let instance = try world.provisioner(
                "corp",
                options: ["registry": .string(world.hub.hub), "token": .secret(.environment("REGTOK"))],
                file: "/etc/rbee/vendors.d/corp.toml")
            let error = try await world.failure("corp:a/b:v1", with: instance)
            #expect(error.code == .unauthorized)
            #expect(error.remedy?.contains("set REGTOK") == true && error.remedy?.contains("corp.toml") == true)
            #expect(error.remedy?.contains("docker login") == false)
        }
    }

    @Test("how long a registry asks to be left alone is told, and not taken for a refused login alone")
    func limited() async throws {
        let world = try world(.open)
        world.hub.setFault(.status(429, retryAfter: "100000"), on: "/v2/a/b/")
        let error = try await world.failure("/a/b:v1")
        #expect(error.code == .rateLimited(retryAfter: 100_000))
        #expect(error.advice?.hasPrefix("try again in 100000 s") == true)
    }

    @Test("a credential helper is asked by standard input; an identity token is renewed by a POST")
    func helper() async throws {
        let world = try world(.token(user: user, password: password, refreshToken: "identity"))
        try world.dockerConfiguration(#"{"credHelpers":{"\#(world.host)":"test"},"credsStore":"broken"}"#)
        try world.folder.script(
            "bin/docker-credential-test",
            #"read -r host; [ "$1 $host" = "get \#(world.host)" ] && echo '{"ServerURL":"x","Username":"<token>","Secret":"identity"}'"#
        )
        let source = try #require(try await world.resolve("/a/b:v1").files.first?.sources.first)
        #expect(source.headers == ["Authorization": Secret("Bearer registry-token")])
        #expect(world.hub.requests.filter { $0.path == "/token" }.map(\.method) == ["POST"])
    }

    @Test("a helper that fails stops nobody from having what is for everybody")
    func brokenHelper() async throws {
        let world = try world(.token(user: nil, password: nil))
        try world.dockerConfiguration(#"{"credsStore":"../evil"}"#)
        #expect(try await world.resolve("/a/b:v1").files.count == 1)
    }

    @Test("a realm on another host gets no login, unless vendors.d names it")
    func realm() async throws {
        let other = try TestHub.start()
        other.setRegistryAccess(.token(user: user, password: password))
        let world = try world(.token(user: user, password: password, realm: "\(other.hub)/token"))
        try world.dockerConfiguration(#"{"auths":{"\#(world.host)":{"auth":"\#(auth)"}}}"#)
        let error = try await world.failure("/a/b:v1")
        #expect(error.code == .untrusted)
        #expect(error.remedy?.contains("realms = [\"\(other.hub)\"]") == true)
        #expect(other.requests.isEmpty)
        let named = try world.provisioner(options: ["realms": .strings([other.hub])])
        #expect(try await world.resolve("/a/b:v1", with: named).files.count == 1)
        #expect(other.requests.count == 1)
    }

    @Test("a redirect of the realm takes no identity token along")
    func redirectedRealm() async throws {
        let other = try TestHub.start()
        let world = try world(.token(user: user, password: password, refreshToken: "identity"))
        world.hub.setFault(.redirect(to: other.hub + "/token", status: 307), on: "/token")
        try world.dockerConfiguration(#"{"auths":{"\#(world.host)":{"identitytoken":"identity"}}}"#)
        #expect(try await world.failure("/a/b:v1").code == .untrusted)
        #expect(other.requests.isEmpty)
    }

    @Test("an instance has a token of its own: a password with a user name, else a bearer token")
    func configured() async throws {
        var world = try world(.basic(user: user, password: password))
        world.environment["T"] = password
        var options: [String: VendorOptions.Value] = [
            "registry": .string(world.hub.hub), "token": .secret(.environment("T")), "username": .string(user),
        ]
        let login = try world.provisioner("corp", options: options)
        #expect(try await world.resolve("corp:a/b:v1", with: login).reference.description == "corp:a/b:v1")
        world.hub.setRegistryAccess(.token(user: user, password: password))
        #expect(try await world.resolve("corp:a/b:v1", with: login).files.count == 1)
        world.environment["T"] = "registry-token"
        options["username"] = nil
        let bearer = try world.provisioner("corp", options: options)
        #expect(try await world.resolve("corp:a/b:v1", with: bearer).files.count == 1)
    }

    @Test(
        "a realm in the clear, or one that is no URL, is not asked", arguments: ["http://auth.example/t", "file:///x"])
    func plainRealm(_ realm: String) async throws {
        let world = try world(.token(user: user, password: password, realm: realm))
        try world.dockerConfiguration(#"{"auths":{"\#(world.host)":{"auth":"\#(auth)"}}}"#)
        let error = try await world.failure("/a/b:v1")
        #expect(error.code == (realm.hasPrefix("file") ? .unavailable : .untrusted))
    }
}
