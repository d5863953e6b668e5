"""Runs a program and says what it cost."""

import mmap
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

# GNU time reports the peak memory: a child of Python's own would begin with what Python holds.
GNU_TIME = shutil.which("time")


@dataclass
class Sample:
    """Of one run: seconds, seconds of CPU with all children, peak resident KiB of the largest process."""

    wall: float
    cpu: float
    memory: int
    # Runnable processes in the last minute, before the run.
    load: float


@dataclass
class Summary:
    wall: float
    fastest: float
    slowest: float
    cpu: float
    memory: int
    runs: int
    load: float

    @staticmethod
    def of(samples: list[Sample]) -> "Summary":
        walls = [sample.wall for sample in samples]
        return Summary(
            wall=statistics.median(walls), fastest=min(walls), slowest=max(walls),
            cpu=statistics.median(sample.cpu for sample in samples),
            memory=int(statistics.median(sample.memory for sample in samples)), runs=len(samples),
            load=statistics.median(sample.load for sample in samples))


def run(command: list, environment: dict | None = None) -> Sample:
    """Runs a command to its end. A failure ends the benchmark: a time of nothing done is worse than none."""
    load = os.getloadavg()[0]
    report = Path(os.environ.get("TMPDIR", "/tmp")) / f"benchmark-time-{os.getpid()}"
    full = [GNU_TIME, "--quiet", "--format", "%M", "--output", report] + command
    started = time.perf_counter()
    child = subprocess.Popen(
        [str(word) for word in full], env=os.environ | (environment or {}), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = child.stderr.read()
    # wait4 counts the children that the program waited for, and in microseconds.
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: ended with status {child.returncode}\n{errors[-2000:]}")
    memory = int(report.read_text())
    report.unlink()
    return Sample(wall, usage.ru_utime + usage.ru_stime, memory, load)


def interleaved(rounds: int, contenders: dict) -> dict[str, Summary]:
    """Runs each contender once a round, each round beginning with another one, and gives the medians.

    A contender is a function of the round's number that prepares a run and returns its arguments for `run`.
    """
    samples = {name: [] for name in contenders}
    names = list(contenders)
    for number in range(rounds):
        for name in names[number % len(names):] + names[: number % len(names)]:
            arguments = contenders[name](number)
            os.sync()
            sample = run(**arguments)
            samples[name].append(sample)
            print(f"  {name}: {sample.wall:.3f} s", file=sys.stderr, flush=True)
    return {name: Summary.of(list_) for name, list_ in samples.items()}


def touch_memory(gigabytes: int = 4):
    """A virtual machine gets its memory page by page from its host, up to two seconds a GiB: once, before any run."""
    available = int(re.search(r"MemAvailable:\s+(\d+)", Path("/proc/meminfo").read_text()).group(1)) << 10
    process = os.fork()
    if process == 0:
        size = min(gigabytes << 30, available // 2)
        with mmap.mmap(-1, size) as memory:
            for offset in range(0, size, mmap.PAGESIZE):
                memory[offset] = 1
        os._exit(0)
    os.waitpid(process, 0)


def machine() -> dict:
    """What the figures depend on."""
    processor = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text()).group(1)) << 10
    return {"processor": processor.group(1) if processor else os.uname().machine, "cores": os.cpu_count(),
            "memory": memory, "kernel": os.uname().release, "load": os.getloadavg()[0],
            "curl": version("curl", "--version"), "aria2c": version("aria2c", "--version"),
            "hf": version("hf", "version"), "nginx": version("/usr/sbin/nginx", "-v")}


def version(*command: str) -> str | None:
    if not shutil.which(command[0]):
        return None
    answer = subprocess.run(command, capture_output=True, text=True)
    found = re.search(r"\d+\.\d+(\.\d+)?", answer.stdout + answer.stderr)
    return found.group(0) if found else None
