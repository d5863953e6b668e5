import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// What the hub's own client gets from the test hub is what rbee-hive gets: so the test hub is like the hub.
@Suite(.enabled(if: HubClient.programs != nil, "huggingface_hub is not installed; make setup-test"))
struct HubClientTests {
    /// A repository in several pages, with folders, odd names, an empty file, and large files that LFS keeps.
    private func addModel(_ hub: TestHub) throws -> String {
        var files = (0..<12).map { TestFile("notes/page-\($0).txt", text: "page \($0)\n") }
        files += [
            TestFile("README.md", text: "# model\n"), TestFile("config.json", text: "{}"),
            TestFile(".gitattributes", text: ""),
            TestFile("sub folder/a b#ü+c.json", text: "{\"odd\": true}"),
            TestFile("model-00001-of-00002.safetensors", .synthetic(size: 3_000_000, seed: 5)),
            TestFile("model-00002-of-00002.safetensors", .synthetic(size: 70_000, seed: 6)),
        ]
        return try hub.addModel("org/whole", files: files)
    }

    @Test("both get the same files of a repository", arguments: [false, true])
    func wholeRepository(isModern: Bool) async throws {
        let machine = try Installation(TestHubOptions(pageSize: 5, isModern: isModern))
        let commit = try addModel(machine.hub)
        let client = HubClient(machine: machine)

        let theirs = try await client.run("hf", "download", "org/whole", "--quiet")
        #expect(theirs.status == 0, "\(theirs.errors)")
        let snapshot = FilePath(theirs.output.trimmingCharacters(in: .whitespacesAndNewlines))
        #expect(snapshot.lastComponent?.string == commit)

        let ours = try await machine.run("model", "download", "org/whole", "--include", "**")
        #expect(ours.status == 0, "\(ours.errors)")
        let path = try await machine.run("model", "path", "org/whole:{**}", "--dir").output
        var expected = try FilePath(path.trimmingCharacters(in: .newlines)).digests()
        expected["artifact.json"] = nil
        #expect(expected.count == 18)
        #expect(try snapshot.digests() == expected)
        #expect(
            machine.hub.requests.allSatisfy {
                [200, 206, 302, 307].contains($0.status) || $0.path.hasPrefix("/api/agent")
            })
    }

    @Test("the library's calls see the repository as it is: snapshots, revisions, paths and the way of a rename")
    func library() async throws {
        let machine = try Installation(TestHubOptions(pageSize: 5))
        let first = try addModel(machine.hub)
        machine.hub.addTag("v1", of: "org/whole", commit: first)
        let proposed = try machine.hub.addModel(
            "org/whole", files: [TestFile("only.txt", text: "proposed\n")], branch: "refs/pr/3")
        machine.hub.renameModel("org/whole", to: "org/new")
        let script = """
            import json
            from huggingface_hub import HfApi, snapshot_download
            api = HfApi()
            refs = api.list_repo_refs("org/whole", include_pull_requests=True)
            paths = api.get_paths_info("org/whole", ["config.json", "sub folder/a b#ü+c.json", "notes", "absent"])
            print(json.dumps({
                "snapshot": snapshot_download("org/whole", revision="refs/pr/3"),
                "tag": api.model_info("org/whole", revision="v1").sha,
                "name": api.model_info("org/whole").id,
                "refs": [item.ref for item in refs.branches + refs.tags + refs.pull_requests],
                "paths": [item.path for item in paths],
                "folder": sorted(item.path for item in api.list_repo_tree("org/whole", "sub folder")),
                "pages": len(list(api.list_repo_tree("org/whole", recursive=True))),
            }))
            """
        let outcome = try await HubClient(machine: machine).run("python", "-c", script)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let answer = try outcome.json()
        #expect(answer["tag"] == .string(first))
        #expect(answer["name"] == .string("org/new"))
        #expect(
            answer["refs"]?.arrayValue?.compactMap(\.stringValue) == ["refs/heads/main", "refs/tags/v1", "refs/pr/3"])
        #expect(
            answer["paths"]?.arrayValue?.compactMap(\.stringValue) == [
                "config.json", "sub folder/a b#ü+c.json", "notes",
            ])
        #expect(answer["folder"]?.arrayValue?.compactMap(\.stringValue) == ["sub folder/a b#ü+c.json"])
        #expect(answer["pages"]?.integerValue == 20)
        let snapshot = FilePath(try #require(answer["snapshot"]?.stringValue))
        #expect(snapshot.lastComponent?.string == proposed)
        #expect(try snapshot.digests().keys.sorted() == ["only.txt"])

        #expect(try await machine.run("model", "download", "org/new@refs/pr/3", "--include", "**").status == 0)
    }

    @Test("its errors for what is private, gated, absent or not at that revision are the hub's")
    func refusals() async throws {
        let machine = try Installation(TestHubOptions(token: "hf_test"))
        try machine.hub.addModel(
            "org/hidden", files: [TestFile("a.txt", text: "a")], traits: ModelTraits(isPrivate: true))
        try machine.hub.addModel(
            "org/closed", files: [TestFile("a.txt", text: "a")], traits: ModelTraits(gate: .manual, isGranted: false))
        try machine.hub.addModel("org/open", files: [TestFile("a.txt", text: "a")])
        let script = """
            import json
            from huggingface_hub import hf_hub_download
            def name(repository, token=None, revision=None, file="a.txt"):
                try:
                    hf_hub_download(repository, file, token=token or False, revision=revision)
                    return "none"
                except Exception as error:
                    return type(error).__name__
            print(json.dumps([
                name("org/hidden"), name("org/absent"), name("org/hidden", "hf_test"), name("org/closed"),
                name("org/closed", "hf_test"), name("org/open", revision="nowhere"), name("org/open", file="b.txt"),
            ]))
            """
        let outcome = try await HubClient(machine: machine).run("python", "-c", script)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(
            try outcome.json().arrayValue?.compactMap(\.stringValue) == [
                "RepositoryNotFoundError", "RepositoryNotFoundError", "none", "GatedRepoError", "GatedRepoError",
                "RevisionNotFoundError", "RemoteEntryNotFoundError",
            ])
    }
}
