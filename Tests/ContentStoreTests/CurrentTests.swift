import ContentStore
import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite struct CurrentTests {
    let folder: TemporaryDirectory
    let store: ContentStore

    init() throws {
        folder = try TemporaryDirectory()
        store = try ContentStore(root: folder.path.appending("store"))
    }

    private func program(_ version: String) throws -> FilePath {
        _ = try folder.write(Array(version.utf8), to: "store/workers/w-\(version)/bin/w")
        return store.root.appending("workers/w-\(version)/bin/w")
    }

    @Test("a name means what was chosen last, and its link leads there at once")
    func chosen() throws {
        #expect(try store.current(of: "w") == nil)
        for version in ["1", "2", "1"] {
            let program = try program(version)
            try store.setCurrent(program, of: "w")
            #expect(try store.current(of: "w") == program)
            #expect(try String(contentsOfFile: store.currentLink(of: "w").string, encoding: .utf8) == version)
        }
        // What a crash left between making the new link and giving it its name.
        let fresh = store.currentLink(of: "w").removingLastComponent().appending("program.new")
        try FileManager.default.createSymbolicLink(atPath: fresh.string, withDestinationPath: "/nowhere")
        try store.setCurrent(try program("3"), of: "w")
        #expect(try store.current(of: "w") == (try program("3")))
        #expect(!FileManager.default.fileExists(atPath: fresh.string))
    }

    @Test("no name leads out of the folder of choices, and no choice out of the store")
    func contained() throws {
        let program = try program("1")
        for name in ["..", "../../x", "a/b", "."] {
            try store.setCurrent(program, of: name)
            #expect(try store.current(of: name) == program)
            let parent = store.currentLink(of: name).removingLastComponent().removingLastComponent()
            #expect(parent == store.root.appending("current"))
        }
        #expect(throws: StoreError.self) { try store.setCurrent("/bin/true", of: "w") }
    }

    @Test("the links outside are remembered once each, and forgotten with the choice")
    func outside() throws {
        try store.setCurrent(try program("1"), of: "w")
        for path in ["/home/a/bin/w", "/usr/local/bin/w", "/home/a/bin/w"] {
            try store.noteOutsideLink(FilePath(path), of: "w")
        }
        #expect(try store.outsideLinks(of: "w") == ["/home/a/bin/w", "/usr/local/bin/w"])
        try store.clearCurrent(of: "w")
        #expect(try store.outsideLinks(of: "w").isEmpty)
        #expect(try store.current(of: "w") == nil)
    }
}
