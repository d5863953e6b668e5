import ArtifactTypes
import Provisioning
import WorkerBuild

extension AcceleratorFitness {
    /// What this machine makes of each accelerator, the one to be preferred first.
    static func onThisMachine(_ environment: [String: String]) async -> [AcceleratorFitness] {
        let survey = await AcceleratorSurvey(environment: environment)
        let hasNVIDIA = survey.devices.contains { $0.computeCapability != nil }
        let hasAMD = survey.devices.contains { $0.computeCapability == nil }
        let isMac = HostPlatform.current.os == .macos
        return [
            AcceleratorFitness(.metal, objection: isMac ? nil : "metal is there on macOS alone"),
            AcceleratorFitness(
                .cuda, objection: hasNVIDIA ? nil : survey.problem ?? "there is no NVIDIA GPU here"),
            AcceleratorFitness(.rocm, objection: hasAMD ? nil : survey.problem ?? "there is no AMD GPU here"),
            AcceleratorFitness(.cpu),
        ]
    }
}
