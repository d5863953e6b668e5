"""Release archives of a worker, made once: one large entry, and thousands of small ones."""

import io
import os
import random
import shutil
import subprocess
import tarfile
from pathlib import Path

LARGE_BYTES = 1 << 30
SMALL_FILES = 5000
NAME = "bench-1.0-linux-{arch}-cpu.tar.{suffix}"
PROGRAM = b"#!/bin/sh\necho bench 1.0\n"


class Releases:
    """`large` and `small`: paths below a folder that nginx serves. Both hold a program that can be run."""

    def __init__(self, root: Path):
        arch = os.uname().machine
        self.root = root
        self.large = root / "releases/large" / NAME.format(arch=arch, suffix="zst")
        self.small = root / "releases/small" / NAME.format(arch=arch, suffix="gz")
        if not (root / "releases/complete").exists():
            shutil.rmtree(root / "releases", ignore_errors=True)
            self._make(self.large, ["zstd", "-q", "-T0"], self._large)
            self._make(self.small, ["gzip", "-n"], self._small)
            (root / "releases/complete").touch()

    def url(self, server: str, archive: Path) -> str:
        return f"{server}/{archive.relative_to(self.root)}"

    def _make(self, path: Path, filter_: list, fill):
        path.parent.mkdir(parents=True)
        with path.open("wb") as file, subprocess.Popen(filter_, stdin=subprocess.PIPE, stdout=file) as child:
            with tarfile.open(mode="w|", fileobj=child.stdin, format=tarfile.PAX_FORMAT) as archive:
                add(archive, "bench/bin/bench", io.BytesIO(PROGRAM), len(PROGRAM), 0o755)
                fill(archive)
            child.stdin.close()
            if child.wait() != 0:
                raise SystemExit(f"{filter_[0]} failed")

    def _large(self, archive: tarfile.TarFile):
        add(archive, "bench/lib/weights", Halves(LARGE_BYTES), LARGE_BYTES)

    def _small(self, archive: tarfile.TarFile):
        source = random.Random(2)
        for number in range(SMALL_FILES):
            size = source.randrange(2000, 14_000)
            content = source.randbytes(size // 2).hex().encode()[:size]
            add(archive, f"bench/share/{number // 250}/{number // 12}/file-{number}", io.BytesIO(content), len(content))


class Halves:
    """Bytes of which half do not compress at all and half do well, as in a library with its tables."""

    def __init__(self, size: int):
        self.source = random.Random(3)
        self.rest = size

    def read(self, size: int) -> bytes:
        size = min(size, self.rest)
        self.rest -= size
        half = size // 2
        return self.source.randbytes(half) + (bytes(range(64)) * (half // 64 + 2))[: size - half]


def add(archive: tarfile.TarFile, name: str, content, size: int, mode: int = 0o644):
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, mode, 1_700_000_000
    archive.addfile(entry, content)
