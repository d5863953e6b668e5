import Pipeline
import SystemPackage

extension BlobCaches {
    /// The caches where their own programs look for them: `HF_HUB_CACHE`, else `hub` in `HF_HOME`, else in the user's
    /// cache folder; `OLLAMA_MODELS`, else `~/.ollama/models`. A relative path is none.
    init(_ environment: [String: String]) {
        let home = environment.value("HOME")
        let cache = environment.value("XDG_CACHE_HOME") ?? home.map { $0 + "/.cache" }
        let huggingFace = environment.value("HF_HOME") ?? cache.map { $0 + "/huggingface" }
        self.init(
            huggingFace: Self.folder(environment.value("HF_HUB_CACHE") ?? huggingFace.map { $0 + "/hub" }),
            ollama: Self.folder(environment.value("OLLAMA_MODELS") ?? home.map { $0 + "/.ollama/models" }))
    }

    private static func folder(_ text: String?) -> FilePath? {
        text.map { FilePath($0) }.flatMap { $0.isAbsolute ? $0 : nil }
    }
}
