import Provisioning
import Testing

@Suite("origins of URLs")
struct WebOriginTests {
    @Test(
        "an origin is scheme, host and port",
        arguments: [
            ("https://x.example/a?b#c", "https://x.example"), ("HTTPS://X.Example:443", "https://x.example"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"), ("http://[::1]:80/a", "http://[::1]"),
        ])
    func origin(_ url: String, _ expected: String) {
        #expect(WebOrigin(of: url)?.description == expected)
    }

    @Test(
        "what two parsers might read differently has none",
        arguments: [
            "", "x.example", "//x.example", "file:///etc/passwd", "ftp://x.example", "javascript:alert(1)", "https://",
            "https:///a", "https://@x.example", "https://a:b@x.example", "https://x.example:0",
            "https://x.example:65536",
            "https://x.example:+1", "https://x.example:", "https://x.example\\@y.example", "https://x.example\t/a",
            "https://x.example/a b", "https://x.exämple", "https://-x.example", "http://[::1", "http://[]",
            "http://[::1]x",
            "git+https://x.example",
        ])
    func refused(_ url: String) {
        #expect(WebOrigin(of: url) == nil)
    }
}
