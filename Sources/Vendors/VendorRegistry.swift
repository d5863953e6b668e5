public import ArtifactTypes
public import Provisioning
import Synchronization
import SystemPackage

/// All vendors that are configured: the built-in ones and those of the vendors.d folders.
///
/// - The last file of a name decides, whether it is whole or broken; what stood before it is shadowed.
/// - A broken file disables the vendor of its name and no other.
/// - A provisioner is made when it is first asked for, and then kept.
public final class VendorRegistry: Sendable {
    /// A vendor that a reference belongs to.
    public struct Match: Sendable {
        public let name: String
        public let configuration: VendorConfiguration
        public let provisioner: any Provisioner
        /// The reference with the vendor filled in where it named none.
        public var reference: ArtifactReference
    }

    /// A vendor by its name.
    public struct Instance: Sendable {
        public let name: String
        public let configuration: VendorConfiguration
        public let provisioner: any Provisioner
    }

    let slots: [VendorSlot]
    /// The folders that were read, in their order.
    let folders: [FilePath]
    let modules: [String: VendorModule]
    /// What the modules are called and take, in the order of their names.
    var descriptors: [VendorDescriptor] { modules.values.map(\.descriptor).sorted { $0.name < $1.name } }
    package let services: ProvisionServices
    /// The references and files that were warned of.
    let warned = Mutex<Set<String>>([])
    private let made = Mutex<[String: Result<any Provisioner, ProvisionError>]>([:])

    init(slots: [VendorSlot], folders: [FilePath], modules: [VendorModule], services: ProvisionServices) {
        self.slots = slots
        self.folders = folders
        self.modules = Dictionary(modules.map { ($0.descriptor.name, $0) }) { first, _ in first }
        self.services = services
    }

    /// The vendors in the order that they were read, the shadowed ones among them.
    ///
    /// A vendor whose options its module refused is an error here once it was asked for; `makeAll` asks for every one.
    public var entries: [VendorEntry] {
        let failures = made.withLock { $0.compactMapValues { result in result.failure } }
        return slots.map { slot in slot.entry(makeFailure: slot.isShadowed ? nil : failures[slot.name]) }
    }

    /// What is wrong with any file that is not shadowed.
    public var errors: [VendorFileError] { entries.compactMap(\.error) }

    /// Makes every enabled vendor, so that `entries` shows those whose options their module refuses.
    public func makeAll() {
        for slot in active { _ = slot.configuration.map { outcome(of: $0) } }
    }

    /// The slots that a reference may reach: whole or broken, but not shadowed.
    var active: [VendorSlot] { slots.filter { !$0.isShadowed } }

    /// - Throws: `.invalid` for a name that is none, `.configuration` for a vendor that is broken or disabled.
    public func vendor(named name: String) throws(ProvisionError) -> Instance {
        guard let slot = active.first(where: { $0.name == name }) else { throw unknown(name) }
        let configuration = try usable(slot)
        return Instance(name: name, configuration: configuration, provisioner: try provisioner(of: configuration))
    }

    /// The slot's configuration, unless the slot is broken or disabled.
    func usable(_ slot: VendorSlot) throws(ProvisionError) -> VendorConfiguration {
        switch slot.content {
        case .broken(let error):
            throw ProvisionError(
                .configuration, "vendor \(slot.name) is disabled by an error in its file: \(error.description)")
        case .loaded(let file):
            guard file.configuration.enabled else {
                let place = file.configuration.file.map { " in \($0)" } ?? ""
                throw ProvisionError(
                    .configuration, "vendor \(slot.name) is disabled\(place)",
                    remedy: "`rbee-hive vendor enable \(slot.name)`")
            }
            return file.configuration
        }
    }

    /// The vendor's provisioner, made now if it was not before.
    func provisioner(of configuration: VendorConfiguration) throws(ProvisionError) -> any Provisioner {
        do {
            return try outcome(of: configuration).get()
        } catch {
            let slot = active.first { $0.name == configuration.name }
            guard let slot, case .loaded(let file) = slot.content, let path = slot.file else { throw error }
            throw file.placed(error, at: path)
        }
    }

    func unknown(_ name: String, prefixes: [String] = []) -> ProvisionError {
        let known = Set(active.map(\.name) + prefixes).sorted()
        let remedy = nearestName(to: name, among: known).map { "did you mean \"\($0)\"?" }
        return ProvisionError(
            .invalid, "unknown vendor \"\(name.visiblyEscaped)\"; known are \(known.joined(separator: ", "))",
            remedy: remedy)
    }

    private func outcome(of configuration: VendorConfiguration) -> Result<any Provisioner, ProvisionError> {
        if let known = made.withLock({ $0[configuration.name] }) { return known }
        let result = make(configuration)
        // Two callers may have made one each: the first is kept, so that both see the same.
        return made.withLock { kept in
            if let first = kept[configuration.name] { return first }
            kept[configuration.name] = result
            return result
        }
    }

    func make(_ configuration: VendorConfiguration) -> Result<any Provisioner, ProvisionError> {
        guard let module = modules[configuration.module] else {
            return .failure(ProvisionError(.configuration, "there is no module \(configuration.module)"))
        }
        do {
            return .success(try module.make(configuration, services))
        } catch {
            return .failure(
                ProvisionError(
                    .configuration, "vendor \(configuration.name): \(error.message)", remedy: error.remedy,
                    option: error.option))
        }
    }
}

extension Result {
    var success: Success? { if case .success(let success) = self { success } else { nil } }
    var failure: Failure? { if case .failure(let failure) = self { failure } else { nil } }
}
