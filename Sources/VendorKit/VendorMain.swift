public import Provisioning
public import SystemPackage

/// Makes a vendor module an executable that speaks the plug-in protocol.
///
/// ```swift
/// import VendorKit
///
/// @main struct Program {
///     static func main() async throws {
///         try await VendorMain.run(myModule, version: "1.0", services: services)
///     }
/// }
/// ```
public enum VendorMain {
    /// Serves `module` on standard input and output until `shutdown` or the end of the input.
    ///
    /// Standard output is taken away from everyone else: what the module or a library prints goes to standard error,
    /// which is the log.
    ///
    /// - Parameter services: the world that the module may touch. Secrets from `initialize` are added to it.
    /// - Throws: `Errno` where the standard descriptors cannot be rearranged.
    public static func run(_ module: VendorModule, version: String, services: ProvisionServices) async throws {
        let output = try FileDescriptor.standardOutput.duplicate()
        _ = try FileDescriptor.standardError.duplicate(as: .standardOutput)
        await run(module, version: version, services: services, input: .standardInput, output: output)
    }

    /// The same over any two descriptors, which stay the caller's.
    public static func run(
        _ module: VendorModule, version: String, services: ProvisionServices, input: FileDescriptor,
        output: FileDescriptor
    ) async {
        let channel = LineChannel(input: input, output: output)
        let session = VendorSession(module: module, version: version, services: services, channel: channel)
        await session.serve()
    }
}
