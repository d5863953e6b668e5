extension VendorOption {
    /// `mirrors`: each a URL, or a table of its own.
    ///
    /// - Parameter table: what stands there beside `url`.
    public static func mirrors(_ summary: String, url: String, _ table: [VendorOption]) -> VendorOption {
        let url = VendorOption("url", .string, required: true, url)
        return VendorOption("mirrors", .list(.either(.string, .table([url] + table))), summary)
    }
}

extension VendorOptions {
    /// The items of `mirrors`; of one that is a mere URL a table that has nothing else.
    public var mirrors: [VendorOptions] {
        list("mirrors").compactMap { item in
            switch item {
            case .string: VendorOptions(["url": item])
            case .table(let table): table
            default: nil
            }
        }
    }
}
