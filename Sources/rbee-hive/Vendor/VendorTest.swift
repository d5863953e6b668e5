import ArgumentParser
import ArtifactTypes
import Hive
import Provisioning
import VendorHost

struct VendorTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Try a vendor out: a conformance suite for those who write one.",
        discussion: """
            Of a vendor that is a program: handshake, unknown methods and notifications, cancellation, shutdown, an \
            unknown reference, and each given reference resolved and looked over. Of another: the references. Each is \
            then downloaded, or installed and run once, into a store below TMPDIR that is thrown away. A worker that \
            would be built is resolved alone.
            """)

    @Argument(
        help: ArgumentHelp(
            "The vendor's name, or the path of its vendors.d file or of its program.", valueName: "name-or-path"))
    var vendor: String

    @Argument(help: ArgumentHelp("References that it should resolve.", valueName: "ref"))
    var references: [String] = []

    @Flag(inversion: .prefixedNo, help: "Download or install the references.")
    var fetch = true

    @Flag(help: "Take them as workers' references, as is done where the vendor has no models.")
    var worker = false

    @OptionGroup var options: GlobalOptions

    private static func show(_ report: VendorReport) {
        for check in report.checks {
            let mark =
                switch check.outcome {
                case .passed: "ok  "
                case .warned: "warn"
                case .failed: "FAIL"
                }
            let detail = check.detail.map { ": \($0)" } ?? ""
            Console.result("\(mark)  \(check.name)\(detail)".visiblyEscaped)
            if let remedy = check.remedy { Console.result("      \(remedy.visiblyEscaped)") }
        }
    }

    func run() async throws {
        try await Program.run(options, resumes: false) { hive in
            var parsed: [ArtifactReference] = []
            for text in references { parsed.append(try ArtifactReference(argument: text)) }
            let renderer = options.planRenderer
            defer { renderer.finish() }
            let report = try await hive.test(
                vendor: vendor, references: parsed, kind: worker ? .worker : nil, fetches: fetch,
                progress: renderer.sink)
            renderer.finish()
            try Task.checkCancellation()
            if options.json {
                Console.result(try JSONOutput.pretty(report))
            } else {
                Self.show(report)
            }
            if report.checks.isEmpty { Console.note("nothing to try: name a reference that \(vendor) should resolve") }
            guard let failure = report.failure else { return }
            let count = report.checks.count { $0.outcome == .failed }
            throw ProvisionError(
                failure.code, "\(count) of \(report.checks.count) checks of \(report.vendor) failed")
        }
    }
}
