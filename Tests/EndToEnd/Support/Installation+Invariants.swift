import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import Testing

extension Installation {
    /// What must be true after every start, whatever befell the one before: each row's files are there and right, what
    /// has a final name has a row, and each blob is what its name says.
    func checkInvariants(_ context: String) async throws {
        let list = try await run("model", "list", "--json")
        #expect(list.status == 0, "\(context): \(list.errors)")
        let rows = try #require(try list.json().arrayValue, "\(context)")
        let verification = try await run("model", "verify")
        #expect(verification.status == 0, "\(context): \(verification.output)\(verification.errors)")
        let names = try FileManager.default.contentsOfDirectory(atPath: store.appending("models").string)
        // The path of a model that is one file is that file.
        let folders = rows.compactMap { row in
            row["path"]?.stringValue.map { FilePath($0) }?.components.drop { $0 != "models" }.dropFirst().first?.string
        }
        #expect(Set(names) == Set(folders), "\(context)")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: store.appending("staging/pending").string) == [],
            "\(context)")
        let blobs = store.appending("blobs/sha256")
        for name in try FileManager.default.subpathsOfDirectory(atPath: blobs.string) where name.utf8.count > 2 {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: blobs.appending(name).string))
            let hex = try TestHub.sha256(of: .bytes(Array(bytes)))
            #expect(name.hasSuffix(hex), "\(context): \(name)")
        }
    }
}
