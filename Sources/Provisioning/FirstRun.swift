/// How a worker is run, once, before it is installed.
public enum FirstRun: Sendable, Hashable {
    /// As the recipe of its name in vendors.d says, else with `--version`.
    case usual
    case arguments([String])
    case none
}
