public import ArtifactTypes

/// What opens a container registry.
public enum RegistryCredential: Sendable, Hashable {
    case login(user: String, password: Secret)
    /// An OAuth2 refresh token, which the registry's token service turns into one for a repository.
    case identityToken(Secret)
    /// Sent to the registry as it is.
    case bearer(Secret)
}
