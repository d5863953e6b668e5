/// The artifacts of one kind that are ready to use. A change that has returned survives a power cut.
///
/// The calls block for as long as the disk takes (milliseconds), and are not interrupted by cancellation: a published
/// tree and its row belong together.
public protocol Catalog<Entry>: Sendable {
    associatedtype Entry: Artifact

    /// Adds an entry, or replaces the one of its id.
    func add(_ entry: Entry) throws(CatalogError)
    /// Nil where no entry has the id.
    func get(_ id: String) throws(CatalogError) -> Entry?
    /// All entries, in the order of their ids.
    func list() throws(CatalogError) -> [Entry]
    /// - Returns: whether there was an entry.
    @discardableResult
    func remove(_ id: String) throws(CatalogError) -> Bool
    func contains(_ id: String) throws(CatalogError) -> Bool
    /// Changes an entry in one transaction: what others change meanwhile is neither lost nor seen half.
    ///
    /// - Throws: `notFound`; `invalid` where `change` changes the id.
    @discardableResult
    func update(_ id: String, _ change: (inout Entry) -> Void) throws(CatalogError) -> Entry
    /// Notes that an entry was used. An id without entry is no error.
    func touch(_ id: String, at time: Timestamp) throws(CatalogError)
}
