#!/usr/bin/env python3
"""What rbee-hive and the hub's own client make of a bad line: answers of the test hub that break, refuse or lie.

Each answer with content meets its fate by odds that a seed decides. A client is called again until it says that it is
done; then every file is compared with what was served.
"""

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from measure import version

FAULTS = [
    {"kind": "dropAnywhere", "probability": 0.3},
    {"kind": "status", "status": 503, "probability": 0.2},
    {"kind": "corruptAnywhere", "probability": 0.1},
]
# Names as they go into the table, and what is served: so many files of so many bytes.
CASES = {"one": ("one file of 256 MiB", 1, 256 << 20), "many": ("40 files of 4 MiB", 40, 4 << 20)}
MOST_CALLS = 20


@dataclass
class Run:
    # Calls until the client said that it was done; None where it never did.
    calls: int | None
    # Whether the first call was enough, and whether every file is what was served.
    at_once: bool
    right: bool
    requests: int
    # Bytes that were sent, divided by those that were served.
    share: float
    seconds: float


class Client:
    """A program under test, with a store of its own below `folder`."""

    def __init__(self, folder: Path, endpoint: str):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.environment = os.environ | {"HF_ENDPOINT": endpoint, "HF_HOME": str(folder / "hf"),
                                         "RBEE_HOME": str(folder / "rbee"), "HF_HUB_DISABLE_TELEMETRY": "1"}

    def run(self, *command) -> subprocess.CompletedProcess:
        return subprocess.run([str(word) for word in command], env=self.environment, text=True, capture_output=True)


class RbeeHive(Client):
    def __init__(self, folder: Path, endpoint: str, programs: Path):
        super().__init__(folder, endpoint)
        self.program = programs / "rbee-hive"

    def download(self, repository: str) -> bool:
        return self.run(self.program, "model", "download", repository, "--include", "*").returncode == 0

    def files(self, repository: str) -> Path:
        return Path(self.run(self.program, "model", "path", repository + ":{*}", "--dir").stdout.strip())


class HubClient(Client):
    def __init__(self, folder: Path, endpoint: str, _: Path):
        super().__init__(folder, endpoint)
        # The test hub has the plain way alone.
        self.environment |= {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}

    def download(self, repository: str) -> bool:
        answer = self.run("hf", "download", repository, "--quiet")
        self.path = answer.stdout.strip()
        return answer.returncode == 0

    def files(self, _: str) -> Path:
        return Path(self.path)


CLIENTS = {"rbee-hive": RbeeHive, "hf": HubClient}


class Hub:
    """The test hub, serving `folder` with the faults that `seed` decides."""

    def __init__(self, programs: Path, folder: Path, seed: int):
        faults = [word for fault in FAULTS for word in ("--fault", json.dumps({"prefix": "/cdn/"} | fault))]
        self.process = subprocess.Popen(
            [programs / "rbee-test-hub", "serve", "--folder", folder, "--seed", str(seed)] + faults,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = json.loads(self.process.stdout.readline())["hub"]

    def answers(self) -> list:
        with urllib.request.urlopen(self.url + "/_admin/requests") as answer:
            return [request for request in json.load(answer)["requests"] if request["origin"] == "cdn"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def serve(folder: Path, count: int, size: int) -> dict[str, str]:
    """Makes the repository `bench/files` unless it is there; gives the digests by name."""
    repository = folder / "models/bench/files"
    repository.mkdir(parents=True, exist_ok=True)
    digests = {}
    for number in range(count):
        path = repository / f"part-{number:03}.zip"
        if not path.exists() or path.stat().st_size != size:
            path.write_bytes(os.urandom(size))
        digests[path.name] = digest(path)
    return digests


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def measure(client: str, programs: Path, work: Path, case: str, seed: int) -> Run:
    _, count, size = CASES[case]
    served = serve(work / case, count, size)
    hub = Hub(programs, work / case, seed)
    try:
        subject = CLIENTS[client](work / "client", hub.url, programs)
        started = time.perf_counter()
        calls = next((call for call in range(1, MOST_CALLS + 1) if subject.download("bench/files")), None)
        seconds = time.perf_counter() - started
        found = {}
        if calls:
            folder = subject.files("bench/files")
            found = {name: digest(folder / name) for name in served if (folder / name).exists()}
        answers = hub.answers()
        sent = sum(answer["payloadBytes"] for answer in answers)
        return Run(calls, calls == 1, found == served, len(answers), sent / (count * size), seconds)
    finally:
        hub.close()


def row(client: str, runs: list[Run]) -> str:
    done = [run for run in runs if run.calls]
    wrong = [run for run in done if not run.right]
    median = lambda values: statistics.median(values) if values else float("nan")
    return (f"| {client} | {sum(run.at_once and run.right for run in runs)} of {len(runs)} | "
            f"{median([run.calls for run in done]):.0f} | {len(done) - len(wrong)} | {len(wrong)} | "
            f"{len(runs) - len(done)} | {median([run.share for run in runs]):.2f} | "
            f"{median([run.requests for run in runs]):.0f} | {median([run.seconds for run in runs]):.1f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs", type=Path, help="the folder with rbee-hive and rbee-test-hub")
    parser.add_argument("--work", type=Path, default=Path("Tests/Benchmarks/.work/faults"))
    parser.add_argument("--seeds", type=int, default=10, help="so many runs of each client and case")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    options = parser.parse_args()

    programs = options.programs.resolve()
    clients = [name for name in CLIENTS if name != "hf" or shutil.which("hf")]
    print(f"hf: {version('hf', 'version') or 'not installed'}; load {os.getloadavg()[0]:.1f}")
    for case in options.cases:
        print(f"\n### {CASES[case][0]}, {options.seeds} seeds\n\n"
              "| | right by one call | calls until done | done and right | done and wrong | never done | "
              "sent ÷ served | answers | s |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
        for client in clients:
            runs = [measure(client, programs, options.work.resolve(), case, seed) for seed in range(options.seeds)]
            print(row(client, runs), flush=True)


if __name__ == "__main__":
    main()
