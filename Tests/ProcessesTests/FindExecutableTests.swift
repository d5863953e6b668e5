import Processes
import SystemPackage
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct FindExecutableTests {
    @Test("the first folder that has the program executable wins")
    func order() throws {
        let folder = try TemporaryDirectory()
        try folder.write([], to: "a/tool")
        for name in ["b/tool", "c/tool"] { chmod(try folder.write([], to: name).string, 0o755) }
        let path = ["a", "b", "c"].map { folder.path.appending($0).string }.joined(separator: ":")
        #expect(findExecutable("tool", path: path) == folder.path.appending("b/tool"))
        #expect(findExecutable("other", path: path) == nil)
    }

    @Test("relative and empty entries, folders, and names that are no names find nothing")
    func refusals() throws {
        #expect(findExecutable("sh", path: "::bin:.") == nil)
        #expect(findExecutable("bin", path: "/usr") == nil)
        #expect(findExecutable("", path: "/bin") == nil)
        #expect(findExecutable("sh\0x", path: "/bin") == nil)
        #expect(findExecutable("sh", path: nil) == nil)
    }

    @Test("a name with a slash is itself")
    func explicit() {
        #expect(findExecutable("/bin/sh", path: nil) == "/bin/sh")
        #expect(findExecutable("/bin/no-such", path: "/bin") == nil)
    }
}
