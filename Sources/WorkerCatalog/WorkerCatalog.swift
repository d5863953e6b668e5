public import ArtifactCatalog

/// The worker binaries of this machine.
public typealias WorkerCatalog = SQLiteCatalog<WorkerBinary>
