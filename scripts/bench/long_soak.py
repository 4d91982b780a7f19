"""Make the long soak of a benchmark: `python long_soak.py STATE_DIR HOURS INTERVAL_SECONDS CONTAINERS`.

A state folder with a ledger, the samples of containers as the soak itself would have written them, and the policy.
"""

from __future__ import annotations

import itertools
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "collections"))

from soak import Soak, twelve

from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.entries import Draft
from ansible_collections.proofile.stagegate.plugins.module_utils.core.measurement import measurement
from ansible_collections.proofile.stagegate.plugins.module_utils.io.ledger.ledger_file import LedgerFile
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_store import SoakStore

METRIC = "container.working_set"
FILE = "soak/samples.sqlite"
CHUNK = 200_000
BEGIN = 1_800_000_000.0
COMMIT = "1a2b3c4d5e6f" + "0" * 28
RUN = {
    "id": "r-20270115T080000Z-1a2b3c4d5e6f",
    "release": COMMIT[:12],
    "commit": COMMIT,
    "policy": "bench",
    "policy_digest": "0" * 64,
}


def make(state: Path, soak: Soak) -> None:
    """Write samples, ledger and policy into an empty state folder."""
    (state / "soak").mkdir(parents=True)
    with SoakStore(str(state / FILE)) as store:
        rows = _rows(soak)
        while chunk := list(itertools.islice(rows, CHUNK)):
            store.append(chunk)
        store.seal()
    clock = iter(BEGIN + soak.hours * 3600 + number for number in range(10_000))
    book = LedgerFile(str(state), clock=lambda: next(clock))
    series = [{"file": FILE, "metric": METRIC, "labels": {"container": name}} for name in soak.names]
    evidence = [measurement(METRIC, None, "B", item["labels"], "cgroup", series=item) for item in series]
    drafts = [Draft("phase", "soak", {"event": "started", "requires": []}), *(Draft("evidence", "soak", body) for body in evidence)]
    book.append({**RUN, "state_dir": str(state)}, drafts)
    (state / "policy.json").write_text(json.dumps({"soak": {"title": "Soak", "criteria": twelve(f"{soak.interval_seconds:g} s")}}))


def _rows(soak: Soak) -> Iterator[tuple[str, dict[str, str], float, float]]:
    """A slow growth, a daily wave, noise; now and then the sampler is late. Always the same numbers."""
    chance = random.Random(20261123)  # noqa: S311 -- noise, not a secret
    labels = [{"container": name} for name in soak.names]
    for tick in range(soak.ticks):
        at = BEGIN + tick * soak.interval_seconds + chance.random() * 0.02 * soak.interval_seconds
        hours = tick * soak.interval_seconds / 3600
        wave = 5e6 * abs((hours % 24) - 12) / 12
        for number, label in enumerate(labels):
            yield METRIC, label, at, float(int(2e8 + number * 1e6 + hours * 1e5 + wave + chance.gauss(0, 2e6)))


if __name__ == "__main__":
    hours, interval_seconds, containers = sys.argv[2:5]
    make(Path(sys.argv[1]), Soak(float(hours), float(interval_seconds), int(containers)))
