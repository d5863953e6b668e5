import ArtifactTypes

/// The line below a build's output: the step that runs and how long it has run.
struct BuildStatus {
    let title: String
    private let start = ContinuousClock.Instant.now

    init(number: Int, count: Int, title: String) {
        self.title = "step \(number) of \(count): \(title.visiblyEscaped)"
    }

    /// Never wider than the terminal.
    func line(width: Int, colours: Bool) -> String {
        let seconds = Int((ContinuousClock.now - start) / .seconds(1))
        let time = "  \(TransferTally.duration(seconds))"
        let shown = title.cut(to: max(1, width - 1 - time.columns))
        return colours ? "\u{1B}[36m\(shown)\u{1B}[0m\(time)" : "\(shown)\(time)"
    }
}
