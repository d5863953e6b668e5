import Testing

@testable import OCIVendor

@Suite("challenges of WWW-Authenticate")
struct ChallengeTests {
    @Test("are read in all their forms")
    func forms() {
        let header =
            #"Basic realm="a \"b\", c", Bearer realm="https://auth.example/token",service=reg.example , scope="r:x:pull,push", Negotiate"#
        #expect(
            AuthenticationChallenge.list(header) == [
                AuthenticationChallenge(scheme: "basic", parameters: ["realm": #"a "b", c"#]),
                AuthenticationChallenge(
                    scheme: "bearer",
                    parameters: [
                        "realm": "https://auth.example/token", "service": "reg.example", "scope": "r:x:pull,push",
                    ]),
                AuthenticationChallenge(scheme: "negotiate", parameters: [:]),
            ])
    }

    @Test(
        "that do not parse end the list, and nothing else",
        arguments: ["", ",,,", "=", "realm=x", "Bearer realm=\"x", "\u{e9}", "Bearer =", "Bearer realm=\"x\\"])
    func broken(_ header: String) {
        #expect(AuthenticationChallenge.list(header).allSatisfy { $0.parameters["realm"] == nil })
    }
}
