"""Judging long soaks: with the standard library alone, and millions of rows beside the same written directly in polars."""

from __future__ import annotations

import json
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

from .measure import ROOT, Row, in_turn, repeated, run, spread
from .soak import Soak

MAKE = str(ROOT / "scripts/bench/long_soak.py")
MAKE_WHOLE = str(ROOT / "scripts/bench/whole_soak.py")
WHOLE_RUNS = 3
PROGRAM = str(ROOT / "scripts/bench/judge_soak.py")
DIRECT = str(ROOT / "scripts/bench/direct_polars.py")
COLLECTIONS = str(ROOT / "collections")
MANAGED = Soak(hours=48, interval_seconds=5, containers=5)
CONTROLLER = Soak(hours=48, interval_seconds=1, containers=50)
# The same numbers in the judge's outcomes (in MB) and in what direct_polars.py prints (in bytes).
SAME = {
    "soak.memory_max": ("max", 1e6),
    "soak.memory_min": ("min", 1e6),
    "soak.memory_mean": ("mean", 1e6),
    "soak.memory_median": ("median", 1e6),
    "soak.memory_p95": ("p95", 1e6),
    "soak.memory_p99": ("p99", 1e6),
    "soak.memory_growth": ("slope", 1.0),
    "soak.memory_high": ("high", 0.01),
    "soak.memory_whole": ("count", 1.0),
    "soak.memory_end": ("end", 1e6),
    "soak.memory_windows": ("window_max", 1e6),
    "soak.memory_window_p95": ("window_p95", 1e6),
}


def managed_rows() -> list[Row]:
    """On a managed node: a fresh process, nothing compiled before, nothing but the standard library."""
    with tempfile.TemporaryDirectory(prefix="stagegate-bench-") as folder:
        state = Path(folder) / "state"
        _make(state, MANAGED)
        isolated = ["-I", "-S", "-B", "-X", f"pycache_prefix={folder}/none"]
        runs = repeated([sys.executable, *isolated, PROGRAM, COLLECTIONS, str(state)])
    figure = f"{spread([one.seconds for one in runs], ' s')}, {max(one.peak_mib for one in runs):.0f} MiB"
    return [Row(f"48 h at 5 s of 5 containers ({MANAGED.rows:,} rows), 12 criteria, standard library alone", figure, "< 3 s, < 200 MiB")]


def whole_rows() -> list[Row]:
    """The soak gate of the shipped policy over two days, as the staging host judges it."""
    rows = []
    for containers, target in ((5, "< 5 s, < 200 MiB"), (50, "< 30 s, < 200 MiB")):
        with tempfile.TemporaryDirectory(prefix="stagegate-bench-") as folder:
            state = Path(folder) / "state"
            run([sys.executable, MAKE_WHOLE, str(state), str(containers)])
            isolated = ["-I", "-S", "-B", "-X", f"pycache_prefix={folder}/none"]
            runs = repeated([sys.executable, *isolated, PROGRAM, COLLECTIONS, str(state)], WHOLE_RUNS)
        figure = f"{spread([one.seconds for one in runs], ' s')}, {max(one.peak_mib for one in runs):.0f} MiB"
        rows.append(Row(f"48 h at 5 s of {containers} containers, 8,640,000 requests, the soak gate", figure, target))
    return rows


def controller_rows() -> list[Row]:
    """On the controller: the same file, the same numbers, in turn."""
    with tempfile.TemporaryDirectory(prefix="stagegate-bench-") as folder:
        state = Path(folder) / "state"
        _make(state, CONTROLLER)
        judge = [sys.executable, PROGRAM, COLLECTIONS, str(state)]
        pairs = in_turn(judge, [sys.executable, DIRECT, str(state), "1"])
    ours, theirs = (json.loads(one.output) for one in pairs[-1])
    _check_same(ours["outcomes"], theirs["worst"])
    seconds = [spread([pair[number].seconds for pair in pairs], " s") for number in (0, 1)]
    ratio = spread([one.seconds / other.seconds for one, other in pairs], "x")
    what = f"48 h at 1 s of 50 containers ({CONTROLLER.rows:,} rows), 12 criteria"
    return [
        Row(f"{what}, judged", seconds[0]),
        Row("the same numbers of the same file, written directly in polars", seconds[1]),
        Row("judged over written directly", ratio, "< 2x"),
    ]


def _make(state: Path, soak: Soak) -> None:
    """In a process of its own: what this one holds would count as memory of those that it starts."""
    run([sys.executable, MAKE, str(state), str(soak.hours), str(soak.interval_seconds), str(soak.containers)])


def _check_same(outcomes: dict[str, Any], worst: dict[str, float]) -> None:
    for criterion, (name, factor) in SAME.items():
        value = outcomes[criterion][1] * factor
        if not math.isclose(value, worst[name], rel_tol=1e-9):
            raise SystemExit(f"{criterion} is {value}, polars says {worst[name]}: this compares nothing")
