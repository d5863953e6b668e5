import ArtifactTypes
import ModelFormats
import Provisioning

extension ModelChoice {
    var projector: ModelSelection.Projector { requiresProjector ? .required : .automatic }

    /// The reference with the patterns as its selector: they are part of what the artifact is, and so of its id.
    ///
    /// - Throws: `.invalid` for patterns beside a selector or a URL, and for one that no reference can carry.
    func applied(to reference: ArtifactReference) throws(ProvisionError) -> ArtifactReference {
        guard !include.isEmpty || !exclude.isEmpty else { return reference }
        guard reference.selector == nil, !reference.isURL else {
            throw ProvisionError(
                .invalid, "\(reference) names its files already, and --include and --exclude others",
                remedy: "give only one of them")
        }
        guard !requiresProjector else {
            throw ProvisionError(
                .invalid, "--with-projector does not go with --include and --exclude",
                remedy: "include the projector by its name, as with --include '*mmproj*'")
        }
        var patterned = reference
        do {
            patterned.selector = try PathFilter(include: include, exclude: exclude).selector
        } catch {
            throw ProvisionError(error)
        }
        // What does not come back as it went out cannot be an id: `..`, empty components, control characters.
        guard (try? ArtifactReference(parsing: patterned.description)) == patterned else {
            throw ProvisionError(
                .invalid, "\(patterned.selector ?? ""): a pattern cannot have such components",
                remedy: "write patterns as paths in the repository, as onnx/*.json")
        }
        return patterned
    }

    /// Whether what is held can stand for what is asked; where not, the whole listing is asked for again.
    func isSatisfied(by held: Resolution) -> Bool {
        if allowPickle { return false }
        return !requiresProjector || held.files.contains { $0.path.isProjector }
    }
}

extension ArtifactReference {
    /// A selector that is a set of patterns.
    var patterns: String? { selector.flatMap { $0.hasPrefix("{") ? $0 : nil } }
}

extension ProvisionError {
    init(_ error: ModelSelectionError) {
        let code: Code =
            switch error.code {
            case .unsafe: .unsafeContent
            case .invalidPattern: .invalid
            case .notFound, .ambiguous, .incomplete, .empty: .selectorNotFound
            }
        self.init(code, error.message, remedy: error.remedy)
    }
}
