import CivitAIVendor
import VendorKit
import VendorServices

@main
struct Program {
    static func main() async throws {
        try await VendorMain.run(
            CivitAIVendor.module, version: "1.0", services: .standalone("rbee-vendor-civitai"))
    }
}
