import ArgumentParser
import Dispatch
import Foundation
import SystemPackage
import TestHub

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve a folder until SIGTERM or the end of standard input.",
        discussion: """
            The folder holds models/ORG/NAME/…, files/…, forge/OWNER/NAME/TAG/ASSET, workers/ID.json (a worker
            catalog service, with files/ID.PKGBUILD), and git/NAME.git with an optional git/NAME.git.auth (user:password). One line of JSON on standard output says where the hub and its CDN are.
            """)

    @Option(help: "The folder to serve.")
    var folder: String

    @Option(help: "The token that private and gated models want.")
    var token: String?

    @Option(name: .customLong("private"), help: "A model that is private; may be repeated.")
    var privateModels: [String] = []

    @Option(name: .customLong("gated"), help: "A model that is gated; may be repeated.")
    var gatedModels: [String] = []

    @Option(help: "The most entries on one page of a tree.")
    var pageSize = 1000

    @Flag(help: "Answer small files by a redirect, and large ones with Xet's headers, as the hub does since 2025.")
    var modern = false

    @Option(help: "Decides what faults with a probability do.")
    var seed: UInt64 = 1

    @Option(help: "A file for one line of JSON a request.")
    var log: String?

    @Option(help: "A fault as JSON, as POST /_admin/fault takes it; may be repeated.")
    var fault: [String] = []

    func run() throws {
        let hub = try TestHub.start(
            TestHubOptions(
                token: token, pageSize: pageSize, isModern: modern, seed: seed, logFile: log.map { FilePath($0) }))
        let (privateModels, gatedModels) = (Set(privateModels), Set(gatedModels))
        try hub.addFolder(FilePath(folder)) { model in
            ModelTraits(isPrivate: privateModels.contains(model), gate: gatedModels.contains(model) ? .auto : nil)
        }
        for text in fault {
            let setting = try JSONDecoder().decode(FaultSetting.self, from: Data(text.utf8))
            hub.setFault(setting.fault, on: setting.prefix)
        }
        let ended = DispatchSemaphore(value: 0)
        signal(SIGTERM, SIG_IGN)
        let terminated = DispatchSource.makeSignalSource(signal: SIGTERM)
        terminated.setEventHandler { ended.signal() }
        terminated.resume()
        Thread.detachNewThread {
            // Whatever is written there means nothing, and is not gathered into lines.
            var bytes = [UInt8](repeating: 0, count: 4096)
            while bytes.withUnsafeMutableBytes({ read(STDIN_FILENO, $0.baseAddress, $0.count) }) > 0 {}
            ended.signal()
        }
        let ready = Data("{\"hub\":\"\(hub.hub)\",\"cdn\":\"\(hub.cdn)\"}\n".utf8)
        try FileHandle.standardOutput.write(contentsOf: ready)
        ended.wait()
        terminated.cancel()
        hub.stop()
    }
}
