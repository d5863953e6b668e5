-- The schema that followed it under the same number: columns for what a list shows.
PRAGMA journal_mode = WAL;
CREATE TABLE models (
    id TEXT PRIMARY KEY NOT NULL,
    size INTEGER NOT NULL,
    detail TEXT,
    status TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    last_accessed INTEGER,
    entry TEXT NOT NULL
) STRICT;
CREATE TABLE workers (
    id TEXT PRIMARY KEY NOT NULL,
    size INTEGER NOT NULL,
    detail TEXT,
    status TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    last_accessed INTEGER,
    entry TEXT NOT NULL
) STRICT;
INSERT INTO models (id, size, detail, status, added_at, last_accessed, entry)
    VALUES ('hf:org/tiny:Q4_K_M', 1004992, 'llama Q4_K_M', '"Available"', 1764000000000, 1764000060000,
    '{"addedAt":"2025-11-24T16:00:00.000Z","author":"org","config":{"architecture":"llama","contextLength":2048,"files":[],"gated":false,"license":"apache-2.0","parameters":null,"quantization":"Q4_K_M","sha":null,"tags":[]},"digest":null,"id":"hf:org/tiny:Q4_K_M","lastAccessed":"2025-11-24T16:01:00.000Z","modelType":"Llm","name":"tiny","path":"/store/models/tiny.gguf","revision":"9a59","size":1004992,"source":"HuggingFace","status":"Available","verified":true}');
INSERT INTO models (id, size, detail, status, added_at, last_accessed, entry)
    VALUES ('hf:org/broken', 5, NULL, '{"Failed":{"error":"no"}}', 1764000000000, NULL,
    '{"addedAt":"2025-11-24T16:00:00.000Z","author":null,"config":{"architecture":null,"contextLength":null,"files":[],"gated":false,"license":null,"parameters":null,"quantization":null,"sha":null,"tags":[]},"digest":null,"id":"hf:org/broken","lastAccessed":null,"modelType":"Llm","name":"broken","path":"/store/models/broken","revision":null,"size":5,"source":"HuggingFace","status":{"Failed":{"error":"no"}},"verified":false}');
INSERT INTO workers (id, size, detail, status, added_at, last_accessed, entry)
    VALUES ('w-cpu', 9, 'cpu 0.1.0 linux', '"Available"', 1764000000000, NULL,
    '{"addedAt":"2025-11-24T16:00:00.000Z","digest":null,"id":"w-cpu","lastAccessed":null,"maxContextLength":null,"name":"w","path":"/store/workers/w","platform":"linux","provenance":null,"size":9,"status":"Available","supportedArchitectures":[],"supportedFormats":[],"supportsBatching":false,"supportsStreaming":false,"verified":false,"version":"0.1.0","workerType":"cpu"}');
PRAGMA user_version = 1;
