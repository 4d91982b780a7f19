# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What all tests share: a ledger in memory, and one way for hypothesis to run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis
import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core import measurement, times
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge import evidence, judge, policy
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.criterion import read_criterion
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger import ledger

# The same examples in every run: a failure is found again. No deadline: the machine may be busy.
hypothesis.settings.register_profile("stagegate", deadline=None, derandomize=True, max_examples=100, database=None)
hypothesis.settings.load_profile("stagegate")

COMMIT = "1a2b3c4d5e6f" + "0" * 28
RUN = {
    "id": "r-20261123T101500Z-1a2b3c4d5e6f",
    "release": COMMIT[:12],
    "commit": COMMIT,
    "policy": "demo",
    "policy_digest": "0" * 64,
    "state_dir": "/var/lib/stagegate/proofile",
}
NOON = times.unix_seconds("2026-11-23T12:00:00.000Z")


class Book:
    """A ledger in memory, one second between two entries, beginning at noon."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.run = dict(RUN)

    def add(self, kind: str, phase: str, body: Any, **run: str) -> dict[str, Any]:
        """Append an entry; `run` overrides fields of the run."""
        tail = self.entries[-1] if self.entries else None
        entry = ledger.entry_after(tail, times.rfc3339(self.now), kind, {**self.run, **run}, phase, body)
        self.entries.append(entry)
        return entry

    def start(self, phase: str, *requires: str) -> dict[str, Any]:
        """Note the start of a phase."""
        return self.add("phase", phase, {"event": "started", "requires": list(requires)})

    def gate(self, phase: str, verdict: str, **body: Any) -> dict[str, Any]:
        """Note the verdict of a gate."""
        return self.add("gate", phase, {"phase": phase, "verdict": verdict, **body})

    def measure(self, phase: str, sli: str, value: Any, unit: str, **options: Any) -> dict[str, Any]:
        """Record a measurement."""
        return self.add("evidence", phase, measurement.measurement(sli, value, unit, **options))

    @property
    def now(self) -> float:
        """The time of the next entry."""
        return NOON + len(self.entries)

    def evidence(self) -> evidence.EvidenceBook:
        """Return the evidence of the run."""
        return evidence.EvidenceBook(self.entries, self.run["id"], self.run["release"])

    def outcome(self, criterion: dict[str, Any], phase: str = "soak", load: Any = None, now: float | None = None) -> Any:
        """Judge one criterion, written as in a policy."""
        read = read_criterion({"id": f"{phase}.tested", **criterion}, phase, "criterion")
        return judge.judge(read, self.evidence(), load or _no_series, self.now if now is None else now)


def _no_series(reference: Any) -> Any:
    raise AssertionError(f"nothing should be loaded: {reference}")


@pytest.fixture(scope="session")
def new_book() -> Callable[[], Book]:
    """Give the maker of empty ledgers in memory."""
    return Book


@pytest.fixture
def book() -> Book:
    """Give an empty ledger in memory."""
    return Book()


@pytest.fixture(scope="session")
def one_gate() -> Callable[..., policy.Gate]:
    """Give the maker of a gate of phase soak out of criteria as written in a policy."""

    def make(*criteria: dict[str, Any]) -> policy.Gate:
        return policy.read_policy({"soak": {"criteria": list(criteria)}}).gate("soak")

    return make
