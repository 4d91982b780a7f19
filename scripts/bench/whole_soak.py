"""Make a whole soak of 48 h for a benchmark: `python whole_soak.py STATE_DIR CONTAINERS`.

A state folder with a ledger, the samples as the agent writes them (every 5 s, 50 requests/s counted by the minute), and the soak gate of
the shipped policy.
"""

from __future__ import annotations

import itertools
import json
import math
import random
import re
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "collections"))

from long_soak import BEGIN, CHUNK, RUN

from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.entries import Draft
from ansible_collections.proofile.stagegate.plugins.module_utils.core.log_histogram import log_histogram
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_progress import Coverage
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_record import soak_measurements
from ansible_collections.proofile.stagegate.plugins.module_utils.io.ledger.ledger_file import LedgerFile
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_store import SoakStore

FILE = "soak/samples.sqlite"
STAGING = ROOT / "inventories/staging/group_vars/all"
SECONDS, INTERVAL, RATE, MINUTE = 48 * 3600, 5, 50, 60
# As many different minutes are drawn; they come again and again.
DRAWN = 20
MEMORY_LIMIT = 8 * 2.0**30


def make(state: Path, containers: int) -> None:
    """Write samples, ledger and policy into an empty state folder."""
    (state / "soak").mkdir(parents=True)
    names = [f"service-{number:02}" for number in range(containers)]
    rows = itertools.chain(_host(), _containers(names))
    with SoakStore(str(state / FILE)) as store:
        while chunk := list(itertools.islice(rows, CHUNK)):
            store.append(chunk)
        store.seal()
        sampled = store.sampled()
    _count_durations(state / FILE)
    totals = {("container.restarts", (("container", name),)): 0.0 for name in names}
    totals |= {("container.oom_kills", (("container", name),)): 0.0 for name in names}
    totals |= {("container.memory_limit", (("container", name),)): MEMORY_LIMIT for name in names}
    totals[("soak.saturated", ())] = 0.0
    taken = SECONDS // INTERVAL + 1
    found = soak_measurements(FILE, SECONDS, Coverage(taken, taken, 5.1), [*sampled, ("http.duration", {})], totals, [])
    clock = iter(BEGIN + SECONDS + number for number in range(10_000))
    book = LedgerFile(str(state), clock=lambda: next(clock))
    drafts = [Draft("phase", "soak", {"event": "started", "requires": []}), *(Draft("evidence", "soak", body) for body in found)]
    book.append({**RUN, "state_dir": str(state)}, drafts)
    (state / "policy.json").write_text(json.dumps({"soak": {"title": "Soak", "criteria": _criteria({body["sli"] for body in found})}}))


def _criteria(recorded: set[str]) -> list[dict[str, Any]]:
    """The criteria of the shipped soak gate about what is recorded here, with the limits of the staging inventory."""
    limits = yaml.safe_load((STAGING / "limits.yml").read_text())
    text = re.sub(r"\{\{ (stagegate_limit_\w+) \}\}", lambda found: str(limits[found[1]]), (STAGING / "gates.yml").read_text())
    gate = yaml.safe_load(re.sub(r'"(\d+)"', r"\1", text))["stagegate_gates"]["soak"]
    named = re.compile(r"[a-z_]+\.[a-z_]+")
    return [given for given in gate["criteria"] if set(named.findall(given["sli"])) <= recorded]


def _times() -> Iterator[float]:
    chance = random.Random(1)  # noqa: S311 -- noise, not a secret
    return (BEGIN + tick * INTERVAL + chance.random() * 0.1 for tick in range(SECONDS // INTERVAL + 1))


def _host() -> Iterator[tuple[str, dict[str, str], float, float]]:
    chance = random.Random(2)  # noqa: S311 -- noise, not a secret
    for tick, at in enumerate(_times()):
        sent = float(tick * INTERVAL * RATE)
        yield "host.cpu", {}, at, 0.3 + 0.1 * chance.random()
        yield "host.disk_used", {}, at, 0.5
        yield "postgres.active", {}, at, float(chance.randrange(3, 9))
        yield "http.requests", {}, at, sent
        yield "http.errors", {}, at, float(tick // 2000)
        yield "redis.hits", {}, at, sent * 0.95
        yield "redis.misses", {}, at, sent * 0.05


def _containers(names: list[str]) -> Iterator[tuple[str, dict[str, str], float, float]]:
    chance = random.Random(3)  # noqa: S311 -- noise, not a secret
    labels = [{"container": name} for name in names]
    for at in _times():
        for number, label in enumerate(labels):
            yield "container.working_set", label, at, float(int(2e8 + number * 1e6 + chance.gauss(0, 2e6)))
            yield "container.cpu", label, at, 0.05 + 0.02 * chance.random()
            yield "process.hung", label, at, 0.0


def _count_durations(path: Path) -> None:
    """Each minute as the agent would have counted it; so many single durations are not worth making."""
    chance = random.Random(4)  # noqa: S311 -- noise, not a secret
    minutes = [log_histogram(math.exp(chance.gauss(-3, 0.6)) for _number in range(MINUTE * RATE)).as_dict() for _drawn in range(DRAWN)]
    texts = [json.dumps(minute, separators=(",", ":")) for minute in minutes]
    rows = [("http.duration", "{}", BEGIN + number * MINUTE, chance.choice(texts)) for number in range(SECONDS // MINUTE)]
    with sqlite3.connect(path) as database:
        database.executemany("INSERT INTO histograms VALUES (?, ?, ?, ?)", rows)
    database.close()


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
