# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which runs a backtest replays: the newest that got as far as a gate, or the one that is named."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.policy import read_policy
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.verdict import judge_gate
from ansible_collections.proofile.stagegate.plugins.module_utils.core.proof import backtest as bt
from ansible_collections.proofile.stagegate.plugins.module_utils.core.proof.backtest_report import backtest_lines

EMPTY = "r-20261123T111500Z-1a2b3c4d5e6f"


def gates(limit: str = "== 0 count") -> dict[str, Any]:
    return {"smoke": {"criteria": [{"id": "smoke.login", "sli": "journey.failed{journey=login}", "pass": limit}]}}


def replayed(book: Any, policy: Any = None, **options: Any) -> dict[str, Any]:
    policy = policy or gates()
    return bt.backtest(bt.Replay(book.entries, read_policy(policy), policy, lambda _reference: []), **options)


def recorded(book: Any, count: int) -> list[str]:
    """Record some runs that are GO, and one in which nothing was judged."""
    names = [f"r-20261123T1015{number:02d}Z-1a2b3c4d5e6f" for number in range(count)]
    for name in names:
        book.run["id"] = name
        book.add("run", "", {})
        book.start("smoke")
        book.measure("smoke", "journey.failed", 0, "count", labels={"journey": "login"})
        (outcome,) = judge_gate(read_policy(gates()).gate("smoke"), book.evidence(), lambda _reference: [], book.now)
        book.gate("smoke", "GO", outcomes=[outcome.as_dict()])
    book.run["id"] = EMPTY
    book.add("run", "", {})
    return names


def test_a_run_without_a_verdict_is_passed_over(book: Any) -> None:
    names = recorded(book, 3)
    assert [run["run"] for run in replayed(book)["runs"]] == names
    assert [run["run"] for run in replayed(book, limit=2)["runs"]] == names[1:]


def test_one_run_can_be_named(book: Any) -> None:
    names = recorded(book, 3)
    assert [run["run"] for run in replayed(book, run_id=names[1])["runs"]] == names[1:2]


def test_a_run_that_is_unknown_or_never_judged_is_an_error(book: Any) -> None:
    recorded(book, 1)
    with pytest.raises(InputError, match="knows no run"):
        replayed(book, run_id="r-x")
    with pytest.raises(InputError, match="no gate of run"):
        replayed(book, run_id=EMPTY)
    with pytest.raises(InputError, match="cannot be replayed"):
        replayed(book, limit=0)


def test_a_run_without_a_decision_has_none_that_changes(book: Any) -> None:
    recorded(book, 1)
    result = replayed(book, gates("!= 0 count"))
    assert (result["decisions"], result["changed_decisions"], result["changed_gates"]) == (0, 0, 1)


def test_an_empty_ledger_has_nothing_to_replay(book: Any) -> None:
    assert backtest_lines(replayed(book)) == ["no run of this ledger got as far as a gate: there is nothing to replay"]
