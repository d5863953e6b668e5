import ArtifactTypes
import Foundation
import Provisioning
import SystemPackage
import TestSupport
import Testing

@testable import Vendors

@Suite("vendors.d files are written")
struct ChangeTests {
    private static let corp = VendorDraft(
        name: "corp", module: "huggingface", provides: [.model], priority: 60, organizations: ["corp"],
        options: [
            ("endpoint", "https://hub.corp.example"), ("mirrors", "https://a.example"), ("token", "env:CORP_TOKEN"),
            ("mirrors", "https://b.example/\"quoted\""), ("timeout", "5"),
        ])

    private func failure(_ body: () throws -> Void) -> ProvisionError? {
        do {
            try body()
            return nil
        } catch {
            return error as? ProvisionError
        }
    }

    @Test("a new file says what was asked for, is its owner's alone, and overwrites nothing")
    func added() throws {
        let folders = try Folders([[:]])
        let folder = folders.paths[0].appending("deeper")
        let registry = VendorRegistry.load(modules: Modules().all, folders: [folder], services: .closed)
        let file = try registry.add(Self.corp, in: folder)
        #expect(try file.stat().permissions == [.ownerReadWrite])
        let after = VendorRegistry.load(modules: Modules().all, folders: [folder], services: .closed)
        let configuration = try after.vendor(named: "corp").configuration
        #expect(configuration.options.secret("token") == .environment("CORP_TOKEN"))
        #expect(configuration.options.integer("timeout") == 5)
        #expect(configuration.options.list("mirrors").count == 2)
        #expect(configuration.priority == 60 && configuration.trust.organizations == ["corp"])
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.string)
        #expect(names == ["corp.toml"])

        let text = try String(contentsOfFile: file.string, encoding: .utf8)
        // Whether or not the file was there when the folder was read.
        for known in [registry, after] {
            let error = try #require(failure { _ = try known.add(Self.corp, in: folder) })
            #expect(error.code == .invalid && error.message.contains("corp"), "\(error)")
        }
        #expect(try String(contentsOfFile: file.string, encoding: .utf8) == text)
    }

    @Test(
        "what would be refused is not written, and said with its place",
        arguments: [
            (
                VendorDraft(name: "corp", module: "huggingface", options: [("endpont", "https://x")]),
                "did you mean \"endpoint\""
            ),
            (VendorDraft(name: "corp", module: "hugingface"), "did you mean \"huggingface\""),
            (VendorDraft(name: "co rp", module: "huggingface"), "bad name"),
            (VendorDraft(name: "../corp", module: "huggingface"), "bad name"),
            (VendorDraft(name: "https", module: "huggingface"), "URLs"),
            (VendorDraft(name: "corp", module: "huggingface", options: [("timeout", "soon")]), "wants an integer"),
            (VendorDraft(name: "corp", module: "huggingface", options: [("timeout", "0")]), "a timeout of 0"),
            (
                VendorDraft(name: "corp", module: "huggingface", options: [("token", "hf_secret")]),
                "never stands in a file"
            ),
            (
                VendorDraft(name: "corp", module: "huggingface", options: [("endpoint", "https://me:pw@x.example")]),
                "carries a user or password"
            ),
            (VendorDraft(name: "corp", module: "git"), "\"url\" is missing"),
            (VendorDraft(name: "corp", module: "huggingface", priority: 5000), "0 to 1000"),
        ])
    func refused(_ draft: VendorDraft, _ reason: String) throws {
        let folders = try Folders([[:]])
        let error = try #require(failure { _ = try folders.load().add(draft, in: folders.paths[0]) })
        #expect(error.code == .invalid && error.description.contains(reason), "\(error)")
        #expect(!error.description.contains("hf_secret") && !error.description.contains("pw@"))
        #expect(!FileManager.default.fileExists(atPath: folders.paths[0].appending("corp.toml").string))
    }

    @Test("the name of a built-in vendor is taken on demand alone, that of a later folder never")
    func taken() throws {
        let text = "name = \"late\"\nmodule = \"huggingface\""
        let folders = try Folders([["x.toml": ""], ["late.toml": text]])
        var draft = VendorDraft(name: "hf", module: "huggingface", options: [("endpoint", "https://hub.example")])
        #expect(
            failure { _ = try folders.load().add(draft, in: folders.paths[0]) }?.remedy?.contains("--replace") == true)
        _ = try folders.load().add(draft, in: folders.paths[0], replacing: true)
        #expect(
            try folders.load().vendor(named: "hf").configuration.options.string("endpoint") == "https://hub.example")
        draft.name = "late"
        let error = failure { _ = try folders.load().add(draft, in: folders.paths[0], replacing: true) }
        #expect(error?.message.contains("would still hold") == true)
    }

    @Test(
        "a vendor is switched off and on again, and nothing else of its file changes",
        arguments: [
            "# mine\nname = \"corp\" # name\nmodule = \"huggingface\"\n\n[huggingface]\nendpoint = \"https://x.example\"\n",
            "module = \"huggingface\"\r\nname = 'corp'\r\n",
            "enabled = true   # for now\nname = \"corp\"\nmodule = \"huggingface\"",
        ])
    func switched(_ text: String) throws {
        let folders = try Folders([["corp.toml": text]])
        let file = folders.paths[0].appending("corp.toml")
        #expect(chmod(file.string, 0o640) == 0)
        #expect(try folders.load().set(enabled: true, of: "corp", folder: folders.paths[0]).isChanged == false)
        #expect(try folders.load().set(enabled: false, of: "corp", folder: folders.paths[0]).isChanged)
        #expect(throws: ProvisionError.self) { try folders.load().vendor(named: "corp") }
        let off = try String(contentsOfFile: file.string, encoding: .utf8)
        #expect(try folders.load().set(enabled: true, of: "corp", folder: folders.paths[0]).isChanged)
        let on = try String(contentsOfFile: file.string, encoding: .utf8)
        #expect(on == off.replacing("enabled = false", with: "enabled = true"))
        #expect(
            on == text || on.replacing("enabled = true\r\n", with: "").replacing("enabled = true\n", with: "") == text)
        #expect(try file.stat().permissions == FilePermissions(rawValue: 0o640))
    }

    @Test("a built-in vendor is switched off by a file of its own; where the line cannot be told, nothing is written")
    func switchedElsewhere() throws {
        let odd = "\"en\\u0061bled\" = true\nname = \"odd\"\nmodule = \"huggingface\"\n"
        let folders = try Folders([["odd.toml": odd]])
        let change = try folders.load().set(enabled: false, of: "hf", folder: folders.paths[0])
        #expect(change == VendorChange(file: folders.paths[0].appending("hf.toml")))
        #expect(folders.load().entry("hf")?.enabled == false)
        let back = try folders.load().set(enabled: true, of: "hf", folder: folders.paths[0])
        #expect(back == VendorChange(removed: folders.paths[0].appending("hf.toml")))
        #expect(folders.load().entry("hf")?.enabled == true && folders.load().entry("hf")?.file == nil)
        let error = failure { _ = try folders.load().set(enabled: false, of: "odd", folder: folders.paths[0]) }
        #expect(error?.code == .configuration && error?.remedy?.contains("by hand") == true)
        #expect(try String(contentsOfFile: folders.paths[0].appending("odd.toml").string, encoding: .utf8) == odd)
    }

    @Test("a built-in vendor that is switched off keeps its options and kinds, should its file be changed since")
    func keepsOptions() throws {
        let folders = try Folders([[:]])
        let file = folders.paths[0].appending("forge.toml")
        let builtIn = try folders.load().vendor(named: "forge").configuration
        _ = try folders.load().set(enabled: false, of: "forge", folder: folders.paths[0])
        let text = try String(contentsOfFile: file.string, encoding: .utf8)
        try folders.directory.write("# mine\n\(text)".utf8, to: "folder0/forge.toml")
        _ = try folders.load().set(enabled: true, of: "forge", folder: folders.paths[0])
        let after = try folders.load().vendor(named: "forge").configuration
        #expect(after.file == file.string)
        #expect(after.provides == builtIn.provides && after.provides == [.worker])
        #expect(after.options.string("origin") == "https://forge.example")
    }

    @Test("the file of an earlier folder stays as it is: the user's own folder has a copy with the line")
    func packaged() throws {
        let text = "name = \"corp\"\nmodule = \"huggingface\"\npriority = 70\n"
        let folders = try Folders([["10-corp.toml": text], ["other.toml": hub("other")], ["late.toml": hub("late")]])
        let packaged = folders.paths[0].appending("10-corp.toml")
        let copy = folders.paths[1].appending("corp.toml")
        let change = try folders.load().set(enabled: false, of: "corp", folder: folders.paths[1])
        #expect(change == VendorChange(file: copy, original: packaged))
        #expect(try String(contentsOfFile: packaged.string, encoding: .utf8) == text)
        #expect(folders.load().entry("corp")?.enabled == false)
        let back = try folders.load().set(enabled: true, of: "corp", folder: folders.paths[1])
        #expect(back == VendorChange(file: packaged, removed: copy))
        #expect(!FileManager.default.fileExists(atPath: copy.string))
        // A copy that says more stays.
        try folders.directory.write("\(text)enabled = false\n".utf8, to: "folder1/corp.toml")
        #expect(
            try folders.load().set(enabled: true, of: "corp", folder: folders.paths[1]) == VendorChange(file: copy))
        // A folder that is read later is one that the user has named.
        let late = folders.paths[2].appending("late.toml")
        #expect(
            try folders.load().set(enabled: false, of: "late", folder: folders.paths[1]) == VendorChange(file: late))
    }

    @Test("a vendor that was switched off for all is not switched on by a copy that would not find its files")
    func beside() throws {
        let text = "name = \"corp\"\nmodule = \"process\"\nenabled = false\n[process]\ncommand = [\"./corp\"]\n"
        let folders = try Folders([["corp.toml": text], [:]])
        let error = failure { _ = try folders.load().set(enabled: true, of: "corp", folder: folders.paths[1]) }
        #expect(error?.code == .configuration && error?.remedy?.contains("whole paths") == true, "\(error as Any)")
    }
}
