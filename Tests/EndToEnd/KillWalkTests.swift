import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// What a program that ends, or a disk that fails, at a chosen system call leaves behind. A few calls of each command are
/// tried; `RBEE_WALK=all` tries every one.
@Suite(.serialized) struct KillWalkTests {
    private static let model = "org/tiny:Q4_K_M"

    /// A command, and those that bring the store to where it begins.
    struct Walk: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var before: [[String]]
        let command: [String]
        /// How it may end when it is run once more.
        var again: Set<Int32> = [0]
        var isDamaged = false
    }

    static let walks = [
        Walk(
            testDescription: "download", before: [["model", "remove", model], ["gc"]],
            command: ["model", "download", model]),
        Walk(
            testDescription: "download many", before: [["model", "remove", "org/many"], ["gc"]],
            command: ["model", "download", "org/many"]),
        Walk(
            testDescription: "replace", before: [["model", "download", model]],
            command: ["model", "download", model, "--force"]),
        // The first attempt may have removed it, and its row at the start of the second.
        Walk(
            testDescription: "remove", before: [["model", "download", model]], command: ["model", "remove", model],
            again: [0, 66]),
        Walk(
            testDescription: "gc", before: [["model", "download", model], ["model", "remove", model]], command: ["gc"]),
        Walk(
            testDescription: "repair", before: [["model", "download", model]],
            command: ["model", "verify", "--repair"], isDamaged: true),
        Walk(
            testDescription: "import",
            before: [
                ["model", "download", model], ["model", "export", model, "exported.tar"], ["model", "remove", model],
                ["gc"],
            ], command: ["model", "import", "exported.tar"]),
    ]

    private func prepare(_ walk: Walk, _ machine: Installation) async throws {
        for command in walk.before { _ = try await machine.start(command).outcome() }
        guard walk.isDamaged else { return }
        let path = try await machine.run("model", "path", Self.model).output.trimmingCharacters(in: .newlines)
        chmod(path, 0o600)
        let file = try FileDescriptor.open(FilePath(path), .writeOnly)
        defer { try? file.close() }
        _ = try file.writeAll(toAbsoluteOffset: 5000, [0, 1, 2, 3])
    }

    @Test(
        "a command that is killed at any call, and once more as it recovers, leaves what the next start makes whole",
        arguments: walks)
    func killed(walk: Walk) async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        try machine.addManyFiles()
        let disk = try FailingDisk(machine, calls: FailingDisk.changes)
        // Once before, so that the store has been made and each attempt makes the same calls.
        _ = try await machine.start(walk.command).outcome()
        try await prepare(walk, machine)
        let count = try await disk.log(walk.command).count
        #expect(count > 5)
        for number in FailingDisk.sample(5, of: count) {
            try await prepare(walk, machine)
            let outcome = try await disk.run(walk.command, at: number, .kill)
            let context = "\(walk.testDescription), killed at \(number) of \(count)"
            // Another order of the threads may need fewer calls.
            #expect(outcome.status == 128 + SIGKILL || walk.again.contains(outcome.status), "\(context)")
            _ = try await disk.run(["model", "list"], at: 1 + number % 7, .kill)
            if walk.isDamaged { _ = try await machine.run("model", "verify", "--repair") }
            try await machine.checkInvariants(context)
            let again = try await machine.start(walk.command).outcome()
            #expect(walk.again.contains(again.status), "\(context): \(again.errors)")
            try await machine.checkInvariants(context + ", again")
        }
    }

    struct Failure: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let calls: String
        let effect: FailingDisk.Effect
    }

    static let failures = [
        Failure(testDescription: "full from then on", calls: FailingDisk.changes, effect: .lasting(ENOSPC)),
        Failure(testDescription: "read-only from then on", calls: FailingDisk.changes, effect: .lasting(EROFS)),
        Failure(testDescription: "one write fails", calls: "write,pwrite,pwrite64", effect: .error(EIO)),
        Failure(testDescription: "one read fails", calls: "read,pread,pread64", effect: .error(EIO)),
    ]

    @Test("a disk that fails at any call is an error, and a model that was not added is not shown", arguments: failures)
    func failing(failure: Failure) async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        let disk = try FailingDisk(machine, calls: failure.calls)
        let walk = Self.walks[0]
        _ = try await machine.start(walk.command).outcome()
        try await prepare(walk, machine)
        let count = try await disk.log(walk.command).count
        for number in FailingDisk.sample(6, of: count) {
            try await prepare(walk, machine)
            let outcome = try await disk.run(walk.command, at: number, failure.effect)
            let context = "\(failure.testDescription) at \(number) of \(count)"
            #expect(outcome.status < 128, "\(context): \(outcome.errors)")
            #expect(outcome.status == 0 || !outcome.errors.isEmpty, "\(context)")
            try await machine.checkInvariants(context)
            let listed = try await machine.run("model", "list", "--json").output.contains("hf:org/tiny:Q4_K_M")
            if outcome.status == 0 { #expect(listed, "\(context)") }
            let again = try await machine.start(walk.command).outcome()
            #expect(again.status == 0, "\(context): \(again.errors)")
            try await machine.checkInvariants(context + ", again")
        }
    }

    @Test("a sync that fails once ends the download; what it was of is fetched again")
    func syncFails() async throws {
        let machine = try Installation()
        let size = try machine.addTinyModel()[0].body.size
        let disk = try FailingDisk(machine, calls: FailingDisk.syncs)
        let walk = Self.walks[0]
        _ = try await machine.start(walk.command).outcome()
        try await prepare(walk, machine)
        let (_, lines) = try await disk.log(walk.command)
        let ofContent = try #require(lines.firstIndex { $0.hasSuffix(".part") }) + 1
        try await prepare(walk, machine)
        machine.hub.forgetRequests()
        let failed = try await disk.run(walk.command, at: ofContent, .error(EIO))
        #expect(failed.status == 73, "\(failed.errors)")
        #expect(failed.errors.contains(".part"))
        try await machine.checkInvariants("sync of the content")
        #expect(try await machine.start(walk.command).outcome().status == 0)
        // Nothing went on from what the kernel still showed of it.
        #expect(machine.payloadRequests.reduce(0) { $0 + $1.payloadBytes } == 2 * size)

        for number in FailingDisk.sample(4, of: lines.count) {
            try await prepare(walk, machine)
            let outcome = try await disk.run(walk.command, at: number, .error(EIO))
            let listed = try await machine.run("model", "list", "--json").output.contains("hf:org/tiny:Q4_K_M")
            if outcome.status == 0 { #expect(listed, "\(lines[number - 1])") }
            try await machine.checkInvariants("\(lines[number - 1]) fails")
            #expect(try await machine.start(walk.command).outcome().status == 0)
        }
    }
}
