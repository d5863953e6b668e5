import ArgumentParser
import SystemPackage
import TestHub

struct MakeGGUF: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make-gguf", abstract: "Write a small, valid GGUF model with pseudo-random weights.")

    @Argument(help: "The file to write.")
    var file: String

    @Option(help: "At least so many megabytes.")
    var megabytes = 1

    @Option(help: "One of \(GGUFWriter.Quantization.allCases.map(\.rawValue).joined(separator: ", ")).")
    var quantization = "Q4_K_M"

    @Option(help: "general.name.")
    var name = "Tiny Llama"

    @Option(help: "Decides the weights.")
    var seed: UInt64 = 1

    func validate() throws {
        guard GGUFWriter.Quantization(rawValue: quantization.uppercased()) != nil else {
            throw ValidationError("no quantization \(quantization)")
        }
    }

    func run() throws {
        guard let quantization = GGUFWriter.Quantization(rawValue: quantization.uppercased()) else { return }
        try GGUFWriter.sized(megabytes: megabytes, quantization: quantization, name: name, seed: seed)
            .write(to: FilePath(file))
    }
}
