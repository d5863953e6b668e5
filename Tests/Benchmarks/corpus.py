"""What the benchmarks fetch, and the web server that serves it."""

import hashlib
import json
import os
import random
import shutil
import socket
import subprocess
import time
from pathlib import Path

COMMIT = "c0ffee" + "0" * 34
# 2 GiB and a little: what the header and the alignment of tensors add.
BIG_MEGABYTES = 2148
SMALL_FILES = 1000
SMALL_BYTES = 20 << 10
SHARDS = 8
SHARD_BYTES = 256 << 20
CAPPED_BYTES_A_SECOND = 40 << 20


class Corpus:
    """A folder that nginx serves: one large model, and a repository of many files, with the hub's API as plain files.

    It is made once and used again; `make clean` leaves it alone, deleting the folder makes it anew.
    """

    def __init__(self, folder: Path, test_hub: Path):
        self.root = folder
        self.big = folder / "bench/big/big.gguf"
        self.many = folder / "bench/many"
        if not (folder / "complete").exists():
            for part in ("bench", "api"):
                shutil.rmtree(folder / part, ignore_errors=True)
            self._make(test_hub)
        self.big_digest = (folder / "big.sha256").read_text()
        self.names = sorted(str(path.relative_to(self.many)) for path in self.many.rglob("*") if path.is_file())

    def _make(self, test_hub: Path):
        self.big.parent.mkdir(parents=True)
        subprocess.run([test_hub, "make-gguf", self.big, "--megabytes", str(BIG_MEGABYTES)], check=True)
        digest = sha256(self.big)
        (self.root / "big.sha256").write_text(digest)
        self._publish("bench/big", [listed(self.big, "big.gguf", digest)])

        source = random.Random(1)
        (self.many / "notes").mkdir(parents=True)
        entries = []
        for number in range(SMALL_FILES):
            name = f"notes/{number:04}.json"
            path = self.many / name
            path.write_bytes(json.dumps(source.randbytes(SMALL_BYTES // 2).hex()[: SMALL_BYTES - 2]).encode())
            entries.append(listed(path, name))
        for number in range(1, SHARDS + 1):
            name = f"model-{number:05}-of-{SHARDS:05}.safetensors"
            path = self.many / name
            write_shard(path, number)
            entries.append(listed(path, name, sha256(path)))
        self._publish("bench/many", entries)
        (self.root / "complete").touch()

    def _publish(self, repository: str, entries: list):
        """The answers of the hub's API that a client asks for, as files."""
        api = self.root / "api/models" / repository
        (api / "revision").mkdir(parents=True)
        (api / "tree").mkdir()
        about = {"id": repository, "modelId": repository, "sha": COMMIT, "private": False, "gated": False, "tags": [],
                 "siblings": [{"rfilename": entry["path"]} for entry in entries]}
        for revision in ("main", COMMIT):
            (api / "revision" / revision).write_text(json.dumps(about))
            (api / "tree" / revision).write_text(json.dumps(entries))


def listed(path: Path, name: str, digest: str | None = None) -> dict:
    size = path.stat().st_size
    entry = {"type": "file", "path": name, "size": size}
    if digest:
        entry |= {"oid": "0" * 40, "lfs": {"oid": digest, "size": size, "pointerSize": 134}}
    else:
        entry["oid"] = hashlib.sha1(b"blob %d\0" % size + path.read_bytes()).hexdigest()
    return entry


def write_shard(path: Path, number: int):
    header = json.dumps({f"layer.{number}": {"dtype": "U8", "shape": [SHARD_BYTES], "data_offsets": [0, SHARD_BYTES]}})
    source = random.Random(number)
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header.encode())
        for _ in range(SHARD_BYTES >> 20):
            file.write(source.randbytes(1 << 20))


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class WebServer:
    """nginx on loopback, on two ports that the kernel picked: one as fast as it goes, one with a cap a connection."""

    def __init__(self, root: Path, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.port, self.capped_port = free_port(), free_port()
        configuration = folder / "nginx.conf"
        configuration.write_text(self._configuration(root.resolve(), folder.resolve()))
        program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if not program:
            raise SystemExit("nginx is missing; install nginx-light")
        self.process = subprocess.Popen([program, "-p", folder, "-c", configuration, "-e", folder / "error.log"])
        self._wait()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def capped_url(self) -> str:
        return f"http://127.0.0.1:{self.capped_port}"

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def _wait(self):
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.capped_port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit("nginx did not start; see its error.log")
                time.sleep(0.05)
        raise SystemExit("nginx does not listen")

    def _configuration(self, root: Path, folder: Path) -> str:
        def server(port: int, more: str = "") -> str:
            return f"""
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        root {root};
        add_header X-Repo-Commit {COMMIT};
        {more}
        location /api/ {{ default_type application/json; }}
        location ~ ^/(?<repository>[^/]+/[^/]+)/resolve/[^/]+/(?<file>.+)$ {{ try_files /$repository/$file =404; }}
    }}"""

        user = "user root;" if os.geteuid() == 0 else ""
        temporary = "\n".join(
            f"    {name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return f"""{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000;
    types {{ }}
    default_type application/octet-stream;
{temporary}
{server(self.port)}
{server(self.capped_port, f"limit_rate {CAPPED_BYTES_A_SECOND};")}
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
