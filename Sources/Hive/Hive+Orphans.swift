import Processes

extension Hive {
    /// Makes this program the parent of what its plug-ins leave behind, so that it can be ended. Called once, at start.
    public static func adoptOrphans() {
        Processes.adoptOrphans()
    }
}
