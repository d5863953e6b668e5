public import ArtifactTypes
public import Provisioning

extension VendorRegistry {
    /// The vendor that `reference` belongs to.
    ///
    /// - A prefix that is a vendor's name decides alone.
    /// - Otherwise, of the enabled vendors of that kind whose forms match: the highest priority, then the most fixed
    ///   text in the form, then the first name.
    ///
    /// - Throws: `.invalid` where no vendor takes it, `.configuration` where the vendor is broken or disabled (with
    ///   its file and line), or where the only ones that could be asked are.
    public func vendor(
        for reference: ArtifactReference, kind: ArtifactKind
    ) throws(ProvisionError) -> Match {
        try choose(for: reference, kind: kind).outcome.get()
    }

    /// Which vendors were considered for `reference`, which took it and why, and who has it.
    public func explain(_ reference: ArtifactReference, kind: ArtifactKind) -> VendorExplanation {
        let choice = choose(for: reference, kind: kind)
        let match = choice.outcome.success
        return VendorExplanation(
            reference: reference, kind: kind, considered: choice.considered, winner: match?.name,
            error: choice.outcome.failure,
            trust: match?.verdicts() ?? [])
    }

    private typealias Considered = VendorExplanation.Considered

    private struct Choice {
        var considered: [VendorExplanation.Considered]
        var outcome: Result<Match, ProvisionError>
    }

    private func choose(for reference: ArtifactReference, kind: ArtifactKind) -> Choice {
        if !reference.isURL, let prefix = reference.vendor, let named = active.first(where: { $0.name == prefix }) {
            return choose(named, for: reference, kind: kind)
        }
        var considered: [Considered] = []
        for slot in active { considered.append(consider(slot, for: reference, kind: kind)) }
        let matching = considered.filter { $0.verdict == .matches }.sorted { $0.precedes($1) }
        guard let winner = matching.first, let slot = active.first(where: { $0.name == winner.name }) else {
            return Choice(considered: considered, outcome: .failure(nobody(takes: reference, considered)))
        }
        return Choice(considered: considered, outcome: match(slot, reference))
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
        return Choice(considered: considered, outcome: outcome)
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
        case .broken(let error): return Considered(slot, verdict: .broken, reason: error.description)
        case .loaded(let file): configuration = file.configuration
        }
        guard configuration.enabled else { return Considered(slot, verdict: .disabled, reason: "enabled = false") }
        guard configuration.provides.contains(kind) else {
            return Considered(slot, verdict: .otherKind, reason: "it does not provide \(kind.plural)")
        }
        let forms: [ReferenceForm]
        if configuration.forms.isEmpty {
            do {
                forms = try provisioner(of: configuration).forms
            } catch {
                return Considered(slot, verdict: .broken, reason: error.description)
            }
        } else {
            forms = configuration.forms
        }
        guard let form = forms.filter({ $0.matches(reference) }).max(by: { $0.specificity < $1.specificity }) else {
            return Considered(slot, forms: forms, verdict: .doesNotMatch, reason: "none of its forms match")
        }
        return Considered(slot, forms: forms, form: form, verdict: .matches, reason: "the form \(form.pattern) matches")
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
