"""How the benchmarks measure: whole processes, run in turn, told as median and spread."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNS = 5


@dataclass(frozen=True)
class Row:
    """A line of docs/benchmarks.md."""

    what: str
    figure: str
    target: str = ""


@dataclass(frozen=True)
class Run:
    """A process that ended well: wall time, the most memory it held, and what it printed."""

    seconds: float
    peak_mib: float
    output: str


def run(argv: Sequence[str], extra: Mapping[str, str] | None = None) -> Run:
    """Run a command in the checkout; a bad end ends the benchmark."""
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", **(extra or {})}
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as printed:
        begun = time.monotonic()
        process = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.STDOUT, env=environment)
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        output = printed.read()
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(argv)} ended with {process.returncode}:\n{output[-4000:]}")
    return Run(seconds, usage.ru_maxrss / 1024, output)


def repeated(argv: Sequence[str], runs: int = RUNS) -> list[Run]:
    """Some runs after one that is not counted."""
    run(argv)
    return [run(argv) for _ in range(runs)]


def in_turn(one: Sequence[str], other: Sequence[str], runs: int = RUNS) -> list[tuple[Run, Run]]:
    """Two commands, A B A B ..., after one of each that is not counted: what the machine does besides hits both."""
    run(one), run(other)
    return [(run(one), run(other)) for _ in range(runs)]


def spread(values: Sequence[float], unit: str) -> str:
    """Median, and least to most."""
    return f"{statistics.median(values):.2f}{unit} ({min(values):.2f} to {max(values):.2f})"


def machine() -> str:
    """Where and when."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kernel = platform.release().split("-")[0]
    return f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {kernel}"
