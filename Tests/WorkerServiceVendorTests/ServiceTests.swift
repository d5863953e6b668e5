import ArtifactTypes
import Foundation
import Logging
import Provisioning
import Synchronization
import Testing

@testable import WorkerServiceVendor

/// A service of canned answers.
struct Service {
    var answers: [String: (status: Int, body: String)] = [:]
    var base = "https://workers.example"

    func vendor() throws -> any WorkerDirectory {
        let answers = answers
        let base = base
        let http = HTTPService { request throws(ProvisionError) in
            let answer = answers[String(request.url.dropFirst(base.count))] ?? (404, "{\"error\":\"Worker not found\"}")
            guard answer.body.utf8.count <= request.maximumBytes else {
                throw ProvisionError(.unavailable, "the answer is longer than \(request.maximumBytes) bytes")
            }
            return HTTPResponse(status: answer.status, headers: [:], body: Array(answer.body.utf8), url: request.url)
        }
        let services = ProvisionServices(
            http: http, secret: { _ in nil }, keptSources: KeptSources { _, _ in }, environment: [:],
            logger: Logger(label: "test"))
        let configuration = VendorConfiguration(
            name: "own", module: "worker-service", provides: [.worker], options: VendorOptions(["url": .string(base)]))
        return try #require(WorkerServiceVendor.module.make(configuration, services) as? any WorkerDirectory)
    }

    static func context(_ progress: ProgressSink = ProgressSink { _ in }) -> ProvisionContext {
        ProvisionContext(job: "1", kind: .worker, progress: progress, logger: Logger(label: "test"))
    }

    /// As the first service had it, in snake case, an item a variant.
    static func flat(_ id: String, type: String, version: String = "0.1.0", more: String = "") -> String {
        """
        {"id":"\(id)","implementation":"rust","worker_type":"\(type)","version":"\(version)","platforms":["linux","macos"],
         "architectures":["x86_64"],"name":"LLM Worker","pkgbuild_url":"/workers/\(id)/PKGBUILD","depends":["gcc"],
         "makedepends":["rust","cargo"],"binary_name":"\(id)","supported_formats":["gguf"],"max_context_length":32768,
         "supports_streaming":true,"supports_batching":false\(more)}
        """
    }

    static let nested = """
        {"id":"llm-worker","implementation":"rust","version":"0.2.0","name":"LLM Worker","description":"runs models",
         "license":"GPL-3.0-or-later","coverImage":"https://x.example/a.png","source":{"type":"git","url":"https://g.example/x"},
         "variants":[
          {"backend":"cpu","platforms":["linux","macos"],"architectures":["x86_64","aarch64"],
           "pkgbuildUrl":"/pkgbuilds/arch/llm-worker-bin.PKGBUILD","pkgbuildUrlGit":"/pkgbuilds/arch/llm-worker-git.PKGBUILD",
           "build":{"features":["cpu"]},"depends":["gcc"],"makedepends":["cargo"],"binaryName":"llm-worker",
           "installPath":"/usr/local/bin/llm-worker"},
          {"backend":"vulkan","platforms":["linux"],"architectures":["x86_64"],"pkgbuildUrl":"/v-bin.PKGBUILD"},
          {"backend":"cuda","platforms":["linux"],"architectures":["x86_64"],
           "pkgbuildUrl":"https://cdn.example/llm-worker-bin.PKGBUILD"}],
         "capabilities":{"supportedFormats":["gguf","safetensors"],"supportsStreaming":true,"maxContextLength":4096},
         "marketplaceCompatibility":{"huggingface":{"tasks":["text-generation"]}}}
        """
}

@Suite struct ServiceTests {
    @Test("flat items of one version are one worker's variants, and what is not known is passed over")
    func flat() async throws {
        var service = Service()
        let items = [
            Service.flat("w-cpu", type: "cpu", more: ",\"new\":{\"a\":[1]}"), Service.flat("w-cuda", type: "cuda"),
        ]
        service.answers["/workers"] = (200, "{\"workers\":[\(items.joined(separator: ","))],\"total\":2}")
        service.answers["/workers/w-cpu"] = (200, items[0])
        let workers = try await service.vendor().workers(in: Service.context())
        let worker = try #require(workers.first)
        #expect(workers.count == 1 && worker.name == "w" && worker.version == "0.1.0")
        #expect(worker.variants.map(\.accelerator) == [.cpu, .cuda])
        #expect(worker.variants[0].source == "https://workers.example/workers/w-cpu/PKGBUILD")
        #expect(worker.variants[0].prebuilt == nil)
        #expect(worker.variants[0].packages == ["rust", "cargo", "gcc"])
        #expect(worker.supportedFormats == ["gguf"] && worker.maxContextLength == 32768 && worker.supportsStreaming)
        // By its name, and by one variant's id.
        for name in ["w", "w-cpu"] {
            let found = try await service.vendor().workers(named: name, version: nil, in: Service.context())
            #expect(found.first?.name == "w")
        }
    }

    @Test("a nested item has its variants, prebuilt and source; an accelerator that is not known is left out")
    func nested() async throws {
        var service = Service()
        service.answers["/workers/llm-worker"] = (200, Service.nested)
        let worker = try #require(
            try await service.vendor().workers(named: "llm-worker", version: "0.2.0", in: Service.context()).first)
        #expect(worker.variants.map(\.accelerator) == [.cpu, .cuda])
        #expect(worker.variants[0].prebuilt == "https://workers.example/pkgbuilds/arch/llm-worker-bin.PKGBUILD")
        #expect(worker.variants[0].source == "https://workers.example/pkgbuilds/arch/llm-worker-git.PKGBUILD")
        #expect(worker.variants[1].prebuilt == "https://cdn.example/llm-worker-bin.PKGBUILD")
        #expect(worker.variants[1].source == nil)
        #expect(worker.supportedFormats == ["gguf", "safetensors"] && worker.maxContextLength == 4096)
    }

    @Test("a name is resolved to the PKGBUILD of one variant, whose digest is the revision")
    func resolved() async throws {
        var service = Service()
        service.answers["/workers/llm-worker"] = (200, Service.nested)
        service.answers["/pkgbuilds/arch/llm-worker-git.PKGBUILD"] = (200, "pkgname=llm-worker\n")
        let reference = ArtifactReference(vendor: "own", locator: "llm-worker", selector: "cpu-source")
        let resolution = try await service.vendor().resolve(reference, in: Service.context())
        #expect(resolution.reference.description == "own:llm-worker@0.2.0:cpu-source")
        #expect(resolution.files.map(\.path.string) == ["PKGBUILD"])
        #expect(resolution.files.first?.digest?.description == resolution.revision)
        #expect(resolution.revision.hasPrefix("sha256:"))

        for (selector, version, code) in [
            ("cpu-prebuilt", nil, ProvisionError.Code.notFound), ("rocm-source", nil, .selectorNotFound),
            ("cpu-source", "9", .revisionNotFound), ("cpu", nil, .invalid),
        ] as [(String, String?, ProvisionError.Code)] {
            let asked = ArtifactReference(
                vendor: "own", locator: "llm-worker", revision: version, selector: selector)
            var service = service
            service.answers["/workers"] = (200, "{\"workers\":[\(Service.nested)]}")
            let vendor = try service.vendor()
            let error = await #expect(throws: ProvisionError.self) {
                try await vendor.resolve(asked, in: Service.context())
            }
            #expect(error?.code == code, "\(asked)")
        }
    }

    @Test(
        "an answer that is none of a service, or goes where it may not, is refused and says why",
        arguments: [
            ("{\"workers\":{}}", "no list"), ("[1,2", "not an answer"), ("{\"workers\":[5]}", "no object"),
            ("{\"workers\":[{\"id\":\"../../etc\",\"version\":\"1\"}]}", "cannot be an id"),
            ("{\"workers\":[{\"id\":7,\"version\":\"1\"}]}", "is no text"),
            ("{\"workers\":[{\"id\":\"a\",\"version\":\"../1\",\"variants\":[]}]}", "has the version"),
            ("{\"workers\":[{\"id\":\"a\",\"version\":\"1\",\"variants\":\"all\"}]}", "is no list"),
            ("{\"workers\":[{\"id\":\"a\",\"version\":\"1\",\"variants\":[{\"backend\":[\"cpu\"]}]}]}", "is no text"),
            (
                "{\"workers\":[{\"id\":\"a\",\"version\":\"1\",\"variants\":[{\"backend\":\"cpu\",\"platforms\":\"linux\"}]}]}",
                "no list of texts"
            ),
            (variant("file:///etc/passwd"), "which it may not"), (variant("http://10.0.0.1/x"), "which it may not"),
            (variant("https://user:secret@x.example/p"), "which it may not"),
            (variant("gopher://x.example/p"), "which it may not"),
            ("{\"workers\":[\(String(repeating: " ", count: 5 << 20))]}", "longer than"),
        ])
    func hostile(answer: String, reason: String) async throws {
        var service = Service()
        service.answers["/workers"] = (200, answer)
        let vendor = try service.vendor()
        let error = await #expect(throws: ProvisionError.self) {
            try await vendor.workers(named: "a", version: nil, in: Service.context())
        }
        #expect(error?.message.contains(reason) == true, "\(error?.description ?? "")")
    }

    private static func variant(_ url: String) -> String {
        "{\"workers\":[{\"id\":\"a\",\"version\":\"1\",\"variants\":[{\"backend\":\"cpu\",\"pkgbuildUrl\":\"\(url)\"}]}]}"
    }

    @Test("one broken item does not hide the others, and is told of")
    func partly() async throws {
        var service = Service()
        service.answers["/workers"] = (200, "{\"workers\":[{\"id\":\"..\",\"version\":\"1\"},\(Service.nested)]}")
        let told = Mutex<[String]>([])
        let progress = ProgressSink { event in
            if case .notice(let text) = event { told.withLock { $0.append(text) } }
        }
        let workers = try await service.vendor().workers(in: Service.context(progress))
        #expect(workers.map(\.name) == ["llm-worker"])
        #expect(told.withLock { $0 }.contains { $0.contains("left out a worker") })
        told.withLock { $0 = [] }
        let none = try await service.vendor().workers(named: "nope", version: nil, in: Service.context(progress))
        #expect(none.isEmpty)
        #expect(told.withLock { $0 }.contains { $0.contains("left out a worker") })
    }

    @Test("without a service there is nothing to ask; a broken URL is told with the file that has it")
    func configuration() throws {
        let services = ProvisionServices(
            http: HTTPService { _ throws(ProvisionError) in throw ProvisionError(.unavailable, "asked") },
            secret: { _ in nil }, keptSources: KeptSources { _, _ in }, environment: [:], logger: Logger(label: "test"))
        let builtIn = VendorConfiguration(name: "workers", module: "worker-service", provides: [.worker])
        let unset = try #require(WorkerServiceVendor.module.make(builtIn, services) as? any WorkerDirectory)
        #expect(!unset.isConfigured)
        for url in ["ftp://x.example", "https://user:secret@x.example", "x", "https://x.example/?a=b"] {
            let configuration = VendorConfiguration(
                name: "own", module: "worker-service", provides: [.worker],
                options: VendorOptions(["url": .string(url)]))
            let error = #expect(throws: ProvisionError.self) {
                try WorkerServiceVendor.module.make(configuration, services)
            }
            #expect(error?.code == .configuration && error?.description.contains("secret") == false)
        }
    }
}
