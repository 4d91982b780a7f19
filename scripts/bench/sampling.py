"""Looking at containers: the soak's sampler beside the engine's stats API, in one run; the containers are made and removed."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .measure import ROOT, Row, run

PROJECT = "sgsampling"
IMAGE = "debian:bookworm-slim"
SIZES = (4, 20, 100)
ROUNDS = 3
SECONDS = 5
EVERY = 5  # seconds between two looks, for which the figures are told
TARGETS = {4: "< 0.2 %", 20: "< 0.5 %", 100: "< 0.7 %"}


def rows() -> list[Row]:
    """At each size and in turn: nothing, the sampler, the stats API."""
    _remove()
    found: list[Row] = []
    try:
        for size in SIZES:
            _start(size)
            found += _at(size)
    finally:
        _remove()
    return found


def _at(size: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="stagegate-bench-") as folder:
        told = [{way: _child(way, folder) for way in ("idle", "files", "stats")} for _ in range(ROUNDS)]
    idle, files, stats = (_summed([round_[way] for round_ in told]) for way in ("idle", "files", "stats"))
    if (files["seen"], stats["seen"]) != (size, size):
        raise SystemExit(f"of {size} containers the sampler saw {files['seen']} and the stats API {stats['seen']}")
    ours, theirs = _percent(files, idle), _percent(stats, idle)
    print(f"{size}: {idle} {files} {stats}", file=sys.stderr, flush=True)
    return [
        Row(f"{size} containers: the sampler (cgroup files, one list call)", f"{sum(ours):.2f} % ({_parts(ours)})", TARGETS[size]),
        Row(f"{size} containers: the engine's stats API, 16 threads", f"{sum(theirs):.2f} % ({_parts(theirs)})"),
        Row(f"{size} containers: stats API over sampler", f"{sum(theirs) / sum(ours):.1f}x"),
    ]


def _summed(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: sum(told[name] for told in rounds) for name in rounds[0]} | {"seen": min(told["seen"] for told in rounds)}


def _percent(told: dict[str, Any], idle: dict[str, Any]) -> tuple[float, float]:
    """Of one core, at a look every EVERY seconds: the process's own share, and the engine's over what it takes anyway."""
    engine = max(0.0, told["engine"] - idle["engine"] / idle["wall"] * told["wall"])
    return told["own"] / told["looks"] / EVERY * 100, engine / told["looks"] / EVERY * 100


def _parts(shares: tuple[float, float]) -> str:
    return f"{shares[0]:.2f} itself, {shares[1]:.2f} the engine"


def _child(way: str, folder: str) -> dict[str, Any]:
    argv = [sys.executable, str(ROOT / "scripts/bench/sampling_child.py"), way, PROJECT, str(SECONDS), folder]
    return dict(json.loads(run(argv).output))


def _start(size: int) -> None:
    """Up to `size` containers that do nothing."""

    def one(number: int) -> None:
        label = f"com.docker.compose.project={PROJECT}"
        argv = ["docker", "run", "--detach", "--network", "none", "--name", f"{PROJECT}-{number}", "--label", label, IMAGE, "sleep", "600"]
        subprocess.run(argv, check=True, capture_output=True)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(len(_there()), size)))


def _there() -> list[str]:
    listing = ["docker", "ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={PROJECT}"]
    return subprocess.run(listing, check=True, capture_output=True, text=True).stdout.split()


def _remove() -> None:
    if names := _there():
        subprocess.run(["docker", "rm", "--force", *names], check=True, capture_output=True)
