"""A git repository of 2,000 commits and 5,000 files behind `git http-backend`, to fetch from."""

import json
import os
import random
import shutil
import subprocess
from pathlib import Path

COMMITS = 2000
FILES = 5000
# Git's own commands, as a test's: no configuration of the machine.
ENVIRONMENT = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}


class Forge:
    """Made once under `folder`; served until `stop`."""

    def __init__(self, folder: Path, test_hub: Path):
        self.repository = folder / "git/big.git"
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            self.repository.mkdir(parents=True)
            self._make()
            (folder / "complete").touch()
        self.head = self.git("rev-parse", "refs/heads/head")
        self.move_to("head")
        self.server = subprocess.Popen(
            [test_hub, "serve", "--folder", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = json.loads(self.server.stdout.readline())["hub"] + "/git/big.git"

    def stop(self):
        self.server.stdin.close()
        self.server.wait()

    def git(self, *words: str) -> str:
        return subprocess.run(["git", "-C", self.repository, *words], check=True, text=True, capture_output=True,
                              env=os.environ | ENVIRONMENT).stdout.strip()

    def move_to(self, revision: str):
        """Puts `main` at another commit."""
        self.git("update-ref", "refs/heads/main", revision)

    def vendors(self, folder: Path) -> Path:
        """A vendors.d of a worker that takes no time to build."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "bench.toml").write_text(f"""
name = "bench"
module = "git"
provides = ["workers"]

[git]
url = "{self.url}"
branch = "main"

[[worker]]
name = "bench-worker"
variants = ["cpu"]
build = ["true"]
binary = "worker"
smoke-test = ["--version"]
""")
        return folder

    def _make(self):
        self.git("init", "--quiet", "--bare", "--initial-branch=main")
        importer = subprocess.Popen(["git", "-C", self.repository, "fast-import", "--quiet"], stdin=subprocess.PIPE,
                                    env=os.environ | ENVIRONMENT)
        source = random.Random(1)
        files = {f"src/{number % 50:02}/{number % 7}/{number:04}.c": lines(source, source.randint(5, 80))
                 for number in range(FILES - 1)}
        names = list(files)
        for number in range(COMMITS):
            changed = names if number == 0 else source.sample(names, 3)
            importer.stdin.write(b"commit refs/heads/main\ncommitter bench <b@example.org> %d +0000\n"
                                 b"data 0\n" % (1_700_000_000 + number))
            if number == 0:
                importer.stdin.write(entry("worker", b"#!/bin/sh\necho worker 1.0\n", b"100755"))
            for name in changed:
                if number > 0:
                    files[name][source.randrange(len(files[name]))] = lines(source, 1)[0]
                importer.stdin.write(entry(name, b"".join(files[name])))
        importer.stdin.close()
        if importer.wait() != 0:
            raise SystemExit("git fast-import failed")
        self.git("branch", "head", "main")
        self.git("gc", "--quiet")


def lines(source: random.Random, count: int) -> list[bytes]:
    return [b"%x %s\n" % (source.getrandbits(64), b"abcdefgh" * source.randint(1, 4)) for _ in range(count)]


def entry(name: str, content: bytes, mode: bytes = b"100644") -> bytes:
    return b"M %s inline %s\ndata %d\n%s\n" % (mode, name.encode(), len(content), content)


def pack_bytes(folder: Path) -> int:
    """Of the packs of a repository, which are kept as they came."""
    return sum(pack.stat().st_size for pack in folder.rglob("*.pack"))
