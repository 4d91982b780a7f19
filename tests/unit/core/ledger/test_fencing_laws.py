# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who may write, as a law: several controllers of two runs begin phases and record, in any order."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import LedgerError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.chain_state import ChainState
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.entries import Draft
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.ledger import entry_after, line_of

BASE = {"commit": "0" * 40, "policy": "demo", "policy_digest": "0" * 64, "state_dir": "/x"}
RUNS = tuple({**BASE, "id": f"r-20261123T10150{n}Z-{n:012x}", "release": f"{n:012x}"} for n in (1, 2))
PREPARING, LOOKING, CHANGING = ("preflight", "build", "decision"), ("smoke", "soak", "validate"), ("deploy", "rollback", "drill")
# (controller, does it begin the phase or record in it, phase); controllers 0 and 1 are of the first run, 2 and 3 of the second.
ACTS = st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.sampled_from(PREPARING + LOOKING + CHANGING)), min_size=1, max_size=25)


class Host:
    """The chain in memory, and what each controller knows."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.starts: list[tuple[int, int, str]] = []
        self.tokens: dict[int, int] = {}
        self._tail: Any = None

    def act(self, who: int, begins: bool, phase: str) -> bool:
        """Do it; False when it was refused."""
        run = {**RUNS[who // 2], **({"token": self.tokens[who]} if who in self.tokens else {})}
        draft = Draft("phase", phase, {"event": "started"}) if begins else Draft("evidence", phase, {})
        try:
            ChainState.of_lines(self.lines).check(run, [draft])
        except LedgerError:
            return False
        self._tail = entry_after(self._tail, "2026-11-23T10:15:00.000Z", draft.kind, run, phase, draft.body)
        self.lines.append(line_of(self._tail).encode())
        if begins:
            self.tokens[who] = self._tail["seq"]
            self.starts.append((self._tail["seq"], who // 2, phase))
        return True


def is_allowed(host: Host, who: int, begins: bool, phase: str) -> bool:
    """The law, said another way."""
    token = host.tokens.get(who)
    if token is None:
        return True
    later = [(run, name) for seq, run, name in host.starts if seq > token]
    if any(run == who // 2 for run, _name in later):
        return False
    is_changed = any(name in CHANGING for _run, name in later)
    return phase in PREPARING or (begins and phase in CHANGING) or not is_changed


@given(ACTS)
def test_a_writer_is_refused_when_its_own_run_went_on_elsewhere_or_another_one_changes_what_it_looks_at(acts: Any) -> None:
    host = Host()
    for act in acts:
        expected = is_allowed(host, *act)
        assert host.act(*act) == expected, act


@given(ACTS)
def test_of_one_run_at_most_one_controller_that_began_a_phase_may_write(acts: Any) -> None:
    host = Host()
    for act in acts:
        host.act(*act)
    for run in (0, 1):
        able = [who for who in (2 * run, 2 * run + 1) if who in host.tokens and is_free(host, who)]
        assert len(able) <= 1


@given(ACTS, st.sampled_from(PREPARING))
def test_what_another_run_prepares_fences_nobody(acts: Any, phase: str) -> None:
    host = Host()
    for who, begins, name in acts:
        host.act(who % 2, begins, name)
    before = [is_free(host, who) for who in (0, 1)]
    assert host.act(2, True, phase)
    assert [is_free(host, who) for who in (0, 1)] == before


def is_free(host: Host, who: int) -> bool:
    """Whether this controller may still record what it finds in a soak."""
    other = Host()
    other.lines, other.tokens = list(host.lines), dict(host.tokens)
    other._tail = host._tail
    return other.act(who, False, "soak")
