import ArtifactTypes
import ContentStore
import Foundation
import Provisioning
import SystemPackage
import TestHub
import Testing

@testable import Pipeline

@Suite struct PipelineTests {
    let bytes = Array("the weights".utf8)

    @Test("what is published with a digest is verified; what has none is marked, and what was seen of it is kept")
    func verification() async throws {
        let workshop = try Workshop()
        let file = try workshop.file("a.gguf", bytes)
        let sidecar = try await workshop.provision([file])
        #expect(sidecar.entry == .bool(false))
        #expect(sidecar.files.map(\.digest) == [file.digest])

        let unpublished = try workshop.file("b.gguf", bytes, isPublished: false)
        let other = try await workshop.provision([unpublished], id: "told:org/other")
        #expect(other.entry == .bool(true))
        #expect(other.files.map(\.digest) == [file.digest])
    }

    @Test("a revision that had other bytes before is not believed; at another revision they are news")
    func pinnedByFirstUse() async throws {
        let workshop = try Workshop()
        try await workshop.provision([try workshop.file("a.gguf", bytes, isPublished: false)])
        let changed = try workshop.file("a.gguf", Array("other weight".utf8), size: 12, isPublished: false)
        let error = await #expect(throws: ProvisionError.self) {
            try await workshop.provision([changed], job: workshop.job(force: true))
        }
        #expect(error?.code == .digestMismatch)
        #expect(try workshop.store.sidecar(StoreItem(kind: .model, id: "told:org/name"))?.files.first?.size == 11)
        let news = try await workshop.provision([changed], revision: "r2")
        #expect(news.files.first?.size == 12)
    }

    @Test("content that the store has is linked, not fetched, whatever it is called")
    func linked() async throws {
        let workshop = try Workshop()
        try await workshop.provision([try workshop.file("a.gguf", bytes)])
        let again = try workshop.file("renamed.gguf", bytes)
        workshop.hub.forgetRequests()
        let sidecar = try await workshop.provision([again], id: "told:org/copy")
        #expect(workshop.hub.requests.isEmpty)
        #expect(sidecar.files.map(\.path.string) == ["renamed.gguf"])
    }

    @Test("a digest of the user's own is binding, and fits one file alone")
    func expected() async throws {
        let workshop = try Workshop()
        let file = try workshop.file("a.gguf", bytes, isPublished: false)
        let wrong = try #require(Digest(.sha256, hex: String(repeating: "0", count: 64)))
        let mismatch = await #expect(throws: ProvisionError.self) {
            try await workshop.provision([file], job: workshop.job(expected: wrong))
        }
        #expect(mismatch?.code == .digestMismatch)
        let right = try Digest(.sha256, hex: TestHub.sha256(of: .bytes(bytes)))
        let sidecar = try await workshop.provision([file], job: workshop.job(expected: right))
        #expect(sidecar.entry == .bool(false))

        let two = [file, try workshop.file("b.gguf", bytes)]
        let ambiguous = await #expect(throws: ProvisionError.self) {
            try await workshop.provision(two, id: "told:org/two", job: workshop.job(expected: right))
        }
        #expect(ambiguous?.code == .invalid)
    }

    @Test("what cannot fit is refused before the first byte")
    func noSpace() async throws {
        let workshop = try Workshop()
        let file = try workshop.file("a.gguf", bytes, size: 1 << 60)
        workshop.hub.forgetRequests()
        let error = await #expect(throws: ProvisionError.self) { try await workshop.provision([file]) }
        guard case .insufficientSpace(let needed, _) = error?.code else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(needed == 1 << 60)
        #expect(workshop.hub.requests.isEmpty)
    }

    @Test("where describing fails nothing is published, and staging is empty")
    func failedDescription() async throws {
        let workshop = try Workshop()
        let file = try workshop.file("a.gguf", bytes)
        let error = await #expect(throws: ProvisionError.self) {
            try await workshop.provision([file]) { _ in throw ProvisionError(.unsupported, "not of this world") }
        }
        #expect(error?.code == .unsupported)
        #expect(try workshop.store.sidecar(StoreItem(kind: .model, id: "told:org/name")) == nil)
        let trees = workshop.store.root.appending("staging/trees").string
        #expect(try FileManager.default.contentsOfDirectory(atPath: trees) == [])
    }

    @Test("an organization that the vendor is not trusted for is refused, and nobody is asked")
    func trust() async throws {
        let workshop = try Workshop(trust: VendorTrust(organizations: ["corp"]))
        let error = await #expect(throws: ProvisionError.self) {
            try await workshop.provision([try workshop.file("a.gguf", bytes)])
        }
        #expect(error?.code == .untrusted)
        #expect(error?.message.contains("corp") == true)
        #expect(workshop.hub.requests.isEmpty)
    }

    @Test(
        "what a trust table does not take is refused before a byte has moved",
        arguments: [
            VendorTrust(formats: ["safetensors"]), VendorTrust(licenses: ["mit"]), VendorTrust(maximumSize: 3),
        ])
    func untrusted(trust: VendorTrust) async throws {
        let workshop = try Workshop(trust: trust)
        let error = await #expect(throws: ProvisionError.self) {
            try await workshop.provision([try workshop.file("a.gguf", bytes)])
        }
        #expect(error?.code == .untrusted)
        #expect(workshop.hub.requests.isEmpty)
    }

    @Test("what says no size is stopped where it is larger than its vendor is trusted for")
    func unknownSize() async throws {
        let workshop = try Workshop(trust: VendorTrust(maximumSize: 3))
        var file = try workshop.file("a.gguf", bytes)
        file.size = nil
        let error = await #expect(throws: ProvisionError.self) { try await workshop.provision([file]) }
        #expect(error?.code == .untrusted)
    }

    @Test("files that say no size share what their vendor is trusted for with all others", arguments: [0, 1])
    func unknownSizes(missing: Int) async throws {
        let workshop = try Workshop(trust: VendorTrust(maximumSize: Int64(3 * bytes.count - missing)))
        var files = try ["a", "b", "c"].map { name in
            try workshop.file("\(name).gguf", bytes.dropLast() + name.utf8, isPublished: name != "b")
        }
        for index in [0, 1] { files[index].size = nil }
        if missing == 0 {
            #expect(try await workshop.provision(files).size == Int64(3 * bytes.count))
        } else {
            let error = await #expect(throws: ProvisionError.self) { try await workshop.provision(files) }
            #expect(error?.code == .untrusted)
            // The last one was stopped as it came.
            let folder = workshop.store.root.appending("blobs").string
            let blobs = try FileManager.default.subpathsOfDirectory(atPath: folder)
            #expect(blobs.filter { $0.count > 64 }.count == 2)
        }
    }

    @Test("what the store holds at the same revision is not made again; a changed list of files is")
    func held() async throws {
        let workshop = try Workshop()
        let file = try workshop.file("a.gguf", bytes)
        try await workshop.provision([file])
        let kept = try await workshop.provision([file]) { _ in throw ProvisionError(.unsupported, "made again") }
        #expect(kept.files.count == 1)
        let second = try workshop.file("b.gguf", Array("more".utf8))
        #expect(try await workshop.provision([file, second]).files.count == 2)
    }
}
