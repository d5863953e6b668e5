public import ContentStore
public import Provisioning
public import Vendors

/// What a reference came to: its files chosen, its place in the store known, no payload moved.
public struct Plan: Sendable {
    public let match: VendorRegistry.Match
    public let resolution: Resolution
    public let item: StoreItem

    public init(match: VendorRegistry.Match, resolution: Resolution, item: StoreItem) {
        self.match = match
        self.resolution = resolution
        self.item = item
    }
}
