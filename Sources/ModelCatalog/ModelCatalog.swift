public import ArtifactCatalog

/// The models of this machine.
public typealias ModelCatalog = SQLiteCatalog<ModelEntry>
