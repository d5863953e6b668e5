public import Provisioning

extension VendorRegistry {
    /// What a vendors.d file says of a repository and of whom to believe there; it holds for no other URL.
    private static let replaced = ["url", "mirrors", "username", "token", "ssh-key"]

    /// The same vendor with another repository in place of its own and of its mirrors. No secret of the file goes there:
    /// a credential helper, netrc or the agent may know the new one.
    ///
    /// - Throws: `.invalid` where the module cannot use the URL, or has none.
    public func replacing(repositoryOf match: Match, by url: String) throws(ProvisionError) -> Match {
        guard match.configuration.module == "git", let module = modules["git"] else {
            throw ProvisionError(
                .invalid, "vendor \(match.name) is no git repository that --source could stand for")
        }
        guard !url.isEmpty else {
            throw ProvisionError(.invalid, "--source is empty", remedy: "name a repository, or leave it out")
        }
        var configuration = match.configuration
        for name in Self.replaced { configuration.options.values[name] = nil }
        configuration.options.values["url"] = .string(url)
        let provisioner: any Provisioner
        do {
            provisioner = try module.make(configuration, services)
        } catch {
            // The file that the vendor stands in is not at fault.
            throw ProvisionError(.invalid, "--source cannot be used: \(error.message)", remedy: error.remedy)
        }
        return Match(
            name: match.name, configuration: configuration, provisioner: provisioner, reference: match.reference)
    }
}
