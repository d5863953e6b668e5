public import ArtifactTypes
public import Provisioning

extension VendorRegistry {
    /// The vendor that `reference` belongs to.
    ///
    /// - A prefix that is a vendor's name decides alone.
    /// - Otherwise, of the enabled vendors of that kind whose forms match: the highest priority, then the most fixed
    ///   text in the form, then the first name.
    /// - What is a broken or disabled vendor's goes to no other: see `Considered.keeps(from:)`.
    ///
    /// - Throws: `.invalid` where no vendor takes it, `.configuration` where the vendor is broken or disabled (with
    ///   its file and line), or where the only ones that could be asked are.
    public func vendor(
        for reference: ArtifactReference, kind: ArtifactKind
    ) throws(ProvisionError) -> Match {
        let choice = choose(for: reference, kind: kind)
        let match = try choice.outcome.get()
        if choice.isOfAnyHost { warnOfUnreadable(reference, match.name) }
        return match
    }

    /// The name of the vendor that `reference` belongs to, in use or not; nil where no vendor has it.
    package func owner(of reference: ArtifactReference, kind: ArtifactKind) -> String? {
        choose(for: reference, kind: kind).owner?.name
    }

    /// The vendor that `reference` belongs to, be it in use or disabled; nil where no vendor has it.
    ///
    /// - Throws: `.configuration` where that vendor's file is broken.
    package func holder(of reference: ArtifactReference, kind: ArtifactKind) throws(ProvisionError) -> Match? {
        let choice = choose(for: reference, kind: kind)
        if let slot = choice.owner, let configuration = slot.configuration {
            return Match(
                name: slot.name, configuration: configuration, provisioner: try provisioner(of: configuration),
                reference: reference)
        }
        if let failure = choice.outcome.failure, failure.code == .configuration { throw failure }
        return nil
    }

    /// Which vendors were considered for `reference`, which took it and why, and who has it.
    public func explain(_ reference: ArtifactReference, kind: ArtifactKind) -> VendorExplanation {
        let choice = choose(for: reference, kind: kind)
        var explanation = VendorExplanation(
            reference: reference, kind: kind, considered: choice.considered, winner: choice.outcome.success?.name,
            error: choice.outcome.failure)
        if let match = choice.outcome.success { explanation.judge(by: match) }
        return explanation
    }

    private typealias Considered = VendorExplanation.Considered

    private struct Choice {
        var considered: [VendorExplanation.Considered]
        /// Whose the reference is, in use or not.
        var owner: VendorSlot?
        var outcome: Result<Match, ProvisionError>
        /// Whether it went to a vendor that takes URLs of any host.
        var isOfAnyHost = false
    }

    private func choose(for reference: ArtifactReference, kind: ArtifactKind) -> Choice {
        if !reference.isURL, let prefix = reference.vendor, let named = active.first(where: { $0.name == prefix }) {
            return choose(named, for: reference, kind: kind)
        }
        var considered: [Considered] = []
        for slot in active { considered.append(consider(slot, for: reference, kind: kind)) }
        let winner = considered.filter { $0.verdict == .matches }.min { $0.precedes($1) }
        let owner = considered.filter { $0.keeps(from: winner) }.min { $0.precedes($1) }
        guard let name = (owner ?? winner)?.name, let slot = active.first(where: { $0.name == name }) else {
            return Choice(considered: considered, outcome: .failure(nobody(takes: reference, considered)))
        }
        if owner != nil {
            return Choice(considered: considered, owner: slot, outcome: .failure(outOfUse(slot, reference)))
        }
        return Choice(
            considered: considered, owner: slot, outcome: match(slot, reference),
            isOfAnyHost: winner?.form.flatMap { ReferenceForm($0) }?.isOfAnyHost ?? false)
    }

    /// Why nothing is done with what is a broken or disabled vendor's.
    private func outOfUse(_ slot: VendorSlot, _ reference: ArtifactReference) -> ProvisionError {
        let failure = match(slot, reference).failure
        let other = reference.vendor == nil ? ", or begin it with the vendor that is meant" : ""
        return ProvisionError(
            .configuration,
            "\"\(reference)\" is vendor \(slot.name)'s, and goes to no other: \(failure?.message ?? "it is out of use")",
            remedy: (failure?.remedy ?? "mend that file") + other)
    }

    /// A vendor that the reference names is the only one considered.
    private func choose(_ named: VendorSlot, for reference: ArtifactReference, kind: ArtifactKind) -> Choice {
        let considered = active.map { slot in
            slot.name == named.name
                ? consider(slot, for: reference, kind: kind)
                : Considered(slot, verdict: .notAsked, reason: "the reference names \(named.name)")
        }
        let own = considered.first { $0.name == named.name }
        let outcome: Result<Match, ProvisionError>
        do throws(ProvisionError) {
            let configuration = try usable(named)
            switch own?.verdict {
            case .otherKind:
                let provided = configuration.provides.map(\.plural).sorted().joined(separator: " and ")
                throw ProvisionError(
                    .invalid, "vendor \(named.name) has \(provided), and \"\(reference)\" is to be a \(kind.rawValue)")
            case .doesNotMatch:
                let forms = own?.forms.joined(separator: ", ") ?? ""
                throw ProvisionError(
                    .invalid, "\"\(reference)\" is not what vendor \(named.name) takes", remedy: "it takes \(forms)")
            default:
                outcome = match(named, reference)
            }
        } catch {
            outcome = .failure(error)
        }
        return Choice(considered: considered, owner: named, outcome: outcome)
    }

    private func match(_ slot: VendorSlot, _ reference: ArtifactReference) -> Result<Match, ProvisionError> {
        do {
            let configuration = try usable(slot)
            var canonical = reference
            if canonical.vendor == nil { canonical.vendor = slot.name }
            return .success(
                Match(
                    name: slot.name, configuration: configuration, provisioner: try provisioner(of: configuration),
                    reference: canonical))
        } catch {
            return .failure(error)
        }
    }

    private func consider(_ slot: VendorSlot, for reference: ArtifactReference, kind: ArtifactKind) -> Considered {
        let configuration: VendorConfiguration
        switch slot.content {
        case .broken(let error): return outOfUse(slot, .broken, error.description, for: reference, kind)
        case .loaded(let file): configuration = file.configuration
        }
        guard configuration.enabled else { return outOfUse(slot, .disabled, "enabled = false", for: reference, kind) }
        guard configuration.provides.contains(kind) else {
            return Considered(slot, verdict: .otherKind, reason: "it does not provide \(kind.plural)")
        }
        let forms: [ReferenceForm]
        if configuration.forms.isEmpty {
            do {
                forms = try provisioner(of: configuration).forms
            } catch {
                return outOfUse(slot, .broken, error.description, for: reference, kind)
            }
        } else {
            forms = configuration.forms
        }
        guard let form = forms.filter({ $0.matches(reference) }).max(by: { $0.specificity < $1.specificity }) else {
            return Considered(slot, forms: forms, verdict: .doesNotMatch, reason: "none of its forms match")
        }
        return Considered(slot, forms: forms, form: form, verdict: .matches, reason: "the form \(form.pattern) matches")
    }

    /// A vendor that cannot be asked, with the form by which the reference would be its own.
    private func outOfUse(
        _ slot: VendorSlot, _ verdict: VendorExplanation.Verdict, _ reason: String, for reference: ArtifactReference,
        _ kind: ArtifactKind
    ) -> Considered {
        let provides = slot.configuration?.provides ?? slot.salvage.configurations.first?.provides
        let forms = provides?.contains(kind) == false ? [] : claims(of: slot)
        let form = forms.filter { $0.matches(reference) }.max { $0.specificity < $1.specificity }
        let why = form.map { "\(reason); the form \($0.pattern) is its own" } ?? reason
        return Considered(slot, forms: forms, form: form, verdict: verdict, reason: why)
    }

    private func nobody(takes reference: ArtifactReference, _ considered: [Considered]) -> ProvisionError {
        if !reference.isURL, let prefix = reference.vendor {
            let forms: [String] = considered.flatMap(\.forms)
            let short = forms.filter { !$0.contains("://") }
            let prefixes = short.compactMap { form in form.firstIndex(of: ":").map { String(form[..<$0]) } }
            return unknown(prefix, prefixes: prefixes.filter { !$0.contains("{") })
        }
        if let broken = considered.first(where: { $0.verdict == .broken }) {
            return ProvisionError(
                .configuration, "no vendor takes \"\(reference)\"; \(broken.name) is disabled: \(broken.reason)")
        }
        return ProvisionError(
            .invalid, "no vendor takes \"\(reference)\"",
            remedy: "`rbee-hive vendor explain` says which were asked")
    }
}
