import ArgumentParser
import ArtifactTypes
import Hive
import Provisioning

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Tell what this machine has for the hive's work, and what it lacks.",
        discussion: """
            Nothing is changed, and nothing is asked of the network. It ends with 0 where all that is configured works, \
            78 with a broken vendors.d file or without a sandbox, 69 where no worker could be built.
            """)

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            let diagnosis = try await hive.examine()
            if options.json {
                Console.result(try JSONOutput.pretty(diagnosis))
            } else {
                Console.result(Self.lines(diagnosis).joined(separator: "\n"))
            }
            if let problem = diagnosis.problem { throw problem }
        }
    }

    private static func lines(_ diagnosis: Diagnosis) -> [String] {
        let sections: [(String, [Diagnosis.Finding])] = [
            ("libraries", diagnosis.libraries), ("tools", diagnosis.tools), ("sandbox", [diagnosis.sandbox]),
            ("store", diagnosis.store), ("mirrors", diagnosis.mirrors), ("credentials", diagnosis.credentials),
            ("vendors", diagnosis.vendors),
        ]
        var lines = ["rbee-hive \(diagnosis.version)"]
        for (title, findings) in sections {
            if findings.isEmpty { continue }
            lines += ["", title] + findings.flatMap(Self.lines(of:))
        }
        lines += ["", "accelerators"]
        for device in diagnosis.accelerators {
            let facts = [
                device.driver.map { "driver \($0)" }, device.memory.map { "\(ByteCount($0))" },
                device.computeCapability.map { "compute capability \($0)" },
            ]
            lines += row("ok", device.name, facts.compactMap(\.self).joined(separator: ", "))
        }
        if let problem = diagnosis.acceleratorProblem { lines += row("broken", "driver", problem) }
        if diagnosis.accelerators.isEmpty, diagnosis.acceleratorProblem == nil { lines += row("-", "none", nil) }
        lines += ["", "workers that can be built here"]
        for worker in diagnosis.workers {
            lines += row(worker.isBuildable ? "ok" : "no", "\(worker.worker) \(worker.variant)", worker.reason)
        }
        if diagnosis.workers.isEmpty { lines += row("-", "none", "no vendors.d file has a [[worker]] table") }
        return lines
    }

    private static func lines(of finding: Diagnosis.Finding) -> [String] {
        let text = [finding.detail, finding.remedy].compactMap(\.self).joined(separator: "; ")
        return row(finding.state.rawValue, finding.name, text)
    }

    private static func row(_ state: String, _ name: String, _ text: String?) -> [String] {
        func padded(_ word: String, _ width: Int) -> String {
            word + String(repeating: " ", count: max(1, width - word.count))
        }
        return ["  " + padded(state, 9) + padded(name.visiblyEscaped, 16) + (text ?? "").visiblyEscaped]
    }
}
