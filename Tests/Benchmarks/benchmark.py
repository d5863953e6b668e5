#!/usr/bin/env python3
"""Compares rbee-hive with curl, aria2c, hf and git on this machine: `make bench`.

Prints a table of medians and of ratios to the peer of each case, and writes all of it as JSON.
"""

import argparse
import json
import shutil
import sqlite3
import sys
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

from archives import Releases
from corpus import CAPPED_BYTES_A_SECOND, Corpus, WebServer
from forge import COMMITS, ENVIRONMENT, FILES, Forge, pack_bytes
from measure import Summary, interleaved, machine, run, touch_memory, version
from vendors import Vendors

HERE = Path(__file__).resolve().parent
OURS = "rbee-hive"


class Benchmark:
    def __init__(self, programs: Path, work: Path, rounds: int):
        self.hive = programs / OURS
        self.rounds = rounds
        self.work = work
        self.test_hub = programs / "rbee-test-hub"
        # What runs leave is moved to, or made in, a folder of its own and deleted at the very end: a file system makes
        # files slowly for a while after thousands were deleted.
        self.outputs = work / "outputs"
        shutil.rmtree(self.outputs, ignore_errors=True)
        self.root = work / "corpus"
        self.root.mkdir(parents=True, exist_ok=True)
        self.server = WebServer(self.root, work / "nginx")
        self.folders = 0

    @cached_property
    def corpus(self) -> Corpus:
        return Corpus(self.root, self.test_hub)

    @cached_property
    def releases(self) -> Releases:
        return Releases(self.root)

    def folder(self) -> Path:
        self._drop_large_files()
        self.folders += 1
        folder = self.outputs / str(self.folders)
        folder.mkdir(parents=True)
        return folder

    def _drop_large_files(self):
        """Of earlier runs; a few, so that the disk holds all rounds."""
        for file in self.outputs.rglob("*"):
            if file.is_file() and not file.is_symlink() and file.stat().st_size > 1 << 20 and not self._is_kept(file):
                file.unlink()

    def _is_kept(self, file: Path) -> bool:
        return any(parent.name == "kept" for parent in file.parents)

    # Each contender returns the arguments of `run`.

    def our_url(self, url: str):
        return lambda _: self._ours(self.folder(), "model", "download", "--force",
                                    f"{url}/bench/big/big.gguf#sha256={self.corpus.big_digest}")

    def _ours(self, home: Path, *words: str) -> dict:
        return {"command": [self.hive, *words, "--home", home],
                "environment": {"HF_ENDPOINT": self.server.url, "HF_TOKEN": ""}}

    def _hf(self, home: Path, url: str, *words: str) -> dict:
        return {"command": ["hf", "download", *words],
                "environment": {"HF_ENDPOINT": url, "HF_HOME": str(home), "HF_HUB_DISABLE_TELEMETRY": "1",
                                "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}}

    def one_file(self, url: str) -> dict:
        source = f"{url}/bench/big/big.gguf"
        contenders = {
            OURS: self.our_url(url),
            "curl -o": lambda _: {"command": ["curl", "-sSfo", self.folder() / "big.gguf", source]},
            "aria2c -x16": lambda _: {"command": [
                "aria2c", "-q", "-x16", "-s16", "-d", self.folder(), "--file-allocation=falloc", source]},
            "hf": lambda _: self._hf(self.folder(), url, "bench/big", "big.gguf"),
        }
        return interleaved(self.rounds, installed(contenders))

    def many_files(self) -> dict:
        def curl(_):
            folder = self.folder()
            listing = "".join(f'url = "{self._source(name)}"\noutput = "{folder}/{name}"\n'
                              for name in self.corpus.names)
            (folder / "urls").write_text(listing)
            return {"command": ["curl", "-sSf", "--parallel", "--parallel-max", "16", "--create-dirs",
                                "-K", folder / "urls"]}

        def aria2c(_):
            folder = self.folder()
            listing = "".join(f"{self._source(name)}\n  out={name}\n" for name in self.corpus.names)
            (folder / "urls").write_text(listing)
            return {"command": ["aria2c", "-q", "-j16", "-x16", "--file-allocation=falloc", "-d", folder,
                                "-i", folder / "urls"]}

        contenders = {
            OURS: lambda _: self._ours(self.folder(), "model", "download", "bench/many"),
            "curl --parallel": curl,
            "aria2c -j16": aria2c,
            "hf": lambda _: self._hf(self.folder(), self.server.url, "bench/many"),
        }
        return interleaved(self.rounds, installed(contenders))

    def _source(self, name: str) -> str:
        return f"{self.server.url}/bench/many/{name}"

    def repetition(self) -> dict:
        ours, theirs = self.folder() / "kept", self.folder() / "kept"
        warm = installed({OURS: lambda _: self._ours(ours, "model", "download", "bench/many"),
                          "hf": lambda _: self._hf(theirs, self.server.url, "bench/many")})
        for prepare in warm.values():
            run(**prepare(0))
        return interleaved(max(5, self.rounds), warm)

    def start_up(self) -> dict:
        empty = self.folder() / "kept"
        run(**self._ours(empty, "model", "list"))
        return interleaved(max(11, self.rounds), installed({
            f"{OURS} --version": lambda _: {"command": [self.hive, "--version"]},
            f"{OURS} model list": lambda _: self._ours(empty, "model", "list"),
            "curl --version": lambda _: {"command": ["curl", "--version"]},
            "hf version": lambda _: {"command": ["hf", "version"]},
        }))

    def long_list(self, count: int = 10_000) -> dict:
        """A catalog of 10,000 models: the row of one that was downloaded, again and again under other ids."""
        home = self.folder() / "kept"
        run(**self._ours(home, "model", "download",
                         f"{self.server.url}/bench/big/big.gguf#sha256={self.corpus.big_digest}"))
        with sqlite3.connect(home / "catalog.sqlite") as database:
            columns = [row[1] for row in database.execute("PRAGMA table_info(models)")]
            row = dict(zip(columns, database.execute(f"SELECT {', '.join(columns)} FROM models").fetchone()))
            entry = json.loads(row["entry"])
            for number in range(count - 1):
                row["id"] = entry["id"] = f"bench:model/{number:05}"
                row["entry"] = json.dumps(entry)
                database.execute(f"INSERT INTO models ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
                                 [row[column] for column in columns])
        database.close()
        return interleaved(max(11, self.rounds), {
            f"{OURS} model list": lambda _: self._ours(home, "model", "list"),
            f"{OURS} model list --json": lambda _: self._ours(home, "model", "list", "--json"),
        })

    def git(self) -> dict:
        """A commit's files, and their removal; ours with all that a worker's build takes besides."""
        forge = Forge(self.work / "forge", self.test_hub)
        vendors = forge.vendors(self.outputs / "vendors.d")

        def ours(home: Path) -> dict:
            given = self._ours(home, "worker", "build", "cpu", "--worker", "bench-worker")
            return given | {"environment": ENVIRONMENT | {"RBEE_VENDORS_D": str(vendors)}}

        def clone(folder: Path) -> dict:
            return {"command": ["git", "clone", "--quiet", "--depth", "1", forge.url, folder / "kept"],
                    "environment": ENVIRONMENT}

        def clone_and_remove(folder: Path) -> dict:
            script = 'git clone --quiet --depth 1 "$0" "$1" && rm -r "$1/src"'
            return {"command": ["sh", "-c", script, forge.url, folder / "kept"], "environment": ENVIRONMENT}

        try:
            results = interleaved(max(5, self.rounds), installed({
                OURS: lambda _: ours(self.folder()),
                "git clone --depth 1, rm": lambda _: clone_and_remove(self.folder())}))
            cloned, kept = self.folder(), self.folder() / "kept"
            run(**clone(cloned))
            forge.move_to("head~5")
            run(**ours(kept))
            first = pack_bytes(kept)
            forge.move_to("head")
            run(**ours(kept))
            later = pack_bytes(kept) - first
            print(f"\nPacks: {OURS} {first:,} bytes, git clone --depth 1 {pack_bytes(cloned):,}; five commits on "
                  f"{later:,} ({later / first:.1%}).")
        finally:
            forge.stop()
        return results

    def plugin(self) -> dict:
        """One small model by a module that is linked in, and by vendors that are programs of their own."""
        vendors = Vendors(self.hive.parent, self.work / "vendors")

        def ours(reference: str):
            return lambda _: {"command": [self.hive, "model", "download", reference, "--home", self.folder()],
                              "environment": vendors.environment}

        try:
            results = interleaved(max(11, self.rounds), {
                f"{OURS}, module": ours("hf:civitai/1:Q4_K_M"),
                f"{OURS}, program in Swift": ours("civitai:1"),
                f"{OURS}, program in Python": ours("example:civitai/1"),
            })
        finally:
            vendors.stop()
        module, *programs = (it.wall for it in results.values())
        print("\nOut of process: " + ", ".join(f"{(it - module) * 1000:+.0f} ms" for it in programs) + ".")
        return results

    def extraction(self, archive: str) -> dict:
        """Of an archive on this machine. Ours hashes every file, waits for the disk, runs the program once in its
        sandbox and catalogues it; the second peer does the first two."""
        path = getattr(self.releases, archive)

        def unpack(more: str):
            return lambda _: {"command": ["sh", "-c", f'bsdtar -xf "$0" -C "$1"{more}', path, self.folder()]}

        check = ' && find "$1" -type f -exec sha256sum {} + > "$1.sums" && sync -f "$1"'
        return interleaved(self.rounds, installed({
            OURS: lambda _: self._install(self.folder(), f"file:{path}"),
            "bsdtar -xf": unpack(""),
            "bsdtar -xf, sha256sum, sync": unpack(check),
        }))

    def _install(self, home: Path, reference: str) -> dict:
        return self._ours(home, "worker", "install", "--force", reference)

    def streaming(self, server: str) -> dict:
        """Download and extraction together, beside each alone. Without a digest in the URL one connection fetches."""
        path = self.releases.large
        url = self.releases.url(server, path)
        return interleaved(self.rounds, installed({
            OURS: lambda _: self._install(self.folder(), url),
            f"{OURS}, the archive at hand": lambda _: self._install(self.folder(), f"file:{path}"),
            "curl -o": lambda _: {"command": ["curl", "-sSfo", self.folder() / "archive", url]},
            "curl into bsdtar": lambda _: {
                "command": ["sh", "-c", 'curl -sSf "$0" | bsdtar -xf - -C "$1"', url, self.folder()]},
        }))

    def close(self):
        self.server.stop()
        shutil.rmtree(self.outputs, ignore_errors=True)


def installed(contenders: dict) -> dict:
    return {name: make for name, make in contenders.items() if name.startswith(OURS) or shutil.which(name.split()[0])}


CASES = {
    "one": ("One file of 2 GiB", lambda bench: bench.one_file(bench.server.url)),
    "capped": ("The same at 40 MiB/s a connection", lambda bench: bench.one_file(bench.server.capped_url)),
    "many": ("1,000 files of 20 KiB and 8 shards of 256 MiB", Benchmark.many_files),
    "warm": ("The same again, everything at hand", Benchmark.repetition),
    "start": ("Start-up", Benchmark.start_up),
    "plugin": ("A model of 1 MiB by a module, and by vendors that are programs", Benchmark.plugin),
    "git": (f"A commit of {FILES:,} files, {COMMITS:,} commits deep", Benchmark.git),
    "list": ("10,000 models listed", Benchmark.long_list),
    "extract": ("An archive with one entry of 1 GiB, unpacked", lambda bench: bench.extraction("large")),
    "extract-many": ("An archive of 5,000 files, unpacked", lambda bench: bench.extraction("small")),
    "stream": (f"The large archive fetched at {CAPPED_BYTES_A_SECOND >> 20} MiB/s and unpacked",
               lambda bench: bench.streaming(bench.server.capped_url)),
    "stream-fast": ("The same as fast as it goes", lambda bench: bench.streaming(bench.server.url)),
}


def table(title: str, results: dict[str, Summary]) -> str:
    """Medians, and in brackets ours divided by theirs."""
    lines = [f"\n### {title}", "",
             "| | wall s | fastest to slowest | CPU s | peak MiB | ours ÷ theirs: wall | CPU | memory |",
             "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    ours = next(iter(results.values()))
    for name, it in results.items():
        ratios = ["", "", ""] if name.startswith(OURS) else [
            f"{ours.wall / it.wall:.2f}", f"{ours.cpu / it.cpu:.2f}", f"{ours.memory / it.memory:.2f}"]
        lines.append(f"| {name} | {it.wall:.3f} | {it.fastest:.3f} to {it.slowest:.3f} | {it.cpu:.3f} | "
                     f"{it.memory / 1024:.1f} | {' | '.join(ratios)} |")
    loads = [summary.load for summary in results.values()]
    lines.append(f"\nMedians of {ours.runs} interleaved runs; load before a run {min(loads):.1f} to {max(loads):.1f}.")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs", type=Path, help="the folder with rbee-hive and rbee-test-hub, release builds")
    parser.add_argument("--work", type=Path, default=Path("Tests/Benchmarks/.work"),
                        help="where the files lie that are served and fetched; 12 GB, on the disk to be measured")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--output", type=Path, help="the JSON (default: results.json in the work folder)")
    options = parser.parse_args()

    work = options.work.resolve()
    benchmark = Benchmark(options.programs.resolve(), work, options.rounds)
    facts = machine() | {OURS: version(str(benchmark.hive), "--version")}
    print("\n".join(f"{name}: {value if value is not None else 'not installed'}" for name, value in facts.items()))
    report = {"machine": facts, "cases": {}}
    output = options.output or work / "results.json"
    try:
        touch_memory()
        for name in options.cases:
            title, measure = CASES[name]
            results = measure(benchmark)
            print(table(title, results), flush=True)
            report["cases"][name] = {"title": title, "results": {key: asdict(it) for key, it in results.items()}}
            output.write_text(json.dumps(report, indent=2) + "\n")
    finally:
        benchmark.close()
    print(f"\nas JSON: {output}")


if __name__ == "__main__":
    main()
