# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules of others that are worth copying: only TRUE passes, NaN fails, no service without a healthcheck, no unknown metric."""

from __future__ import annotations

import math
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge import verdict
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.limit import Limit
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.outcome import Outcome
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release import compose_model
from ansible_collections.proofile.stagegate.plugins.module_utils.core.units import Quantity

SIGNS = ["<", "<=", ">", ">=", "==", "!="]
SUCCESS = {"id": "soak.success", "sli": "reported.ratio{name=success}", "pass": ">= 0.95 ratio"}


class Agreeable(float):
    """A number whose comparisons say something that only looks like TRUE."""

    def _yes(self, _other: object) -> Any:
        return 1

    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _yes
    __hash__ = float.__hash__


@pytest.mark.parametrize("sign", SIGNS)
def test_only_an_exact_true_passes(sign: str) -> None:
    limit = Limit(sign, Quantity(5.0, "count"))
    assert [limit.holds(value) for value in (4.0, 5.0, 6.0)] == {
        "<": [True, False, False],
        "<=": [True, True, False],
        ">": [False, False, True],
        ">=": [False, True, True],
        "==": [False, True, False],
        "!=": [True, False, True],
    }[sign]
    assert limit.holds(Agreeable(4.0)) is False


@pytest.mark.parametrize("status", ["pass", "Pass", "PASS ", "OK", "GO", "", True, None, 1])
def test_only_the_exact_words_are_good(status: Any) -> None:
    def gate(said: Any) -> str:
        return verdict.gate_verdict([Outcome("soak.x", said, "", "", "count")])

    assert [gate(word) for word in ("PASS", "WARN", "WAIVED")] == ["GO"] * 3
    assert gate(status) == "HOLD"


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_keeps_no_limit(sign: str, number: float, book: Any, host: Any, make_fact: Any) -> None:
    assert not Limit(sign, Quantity(5.0, "pct")).holds(number)
    good = {"<": 4.0, "<=": 5.0, ">": 6.0, ">=": 5.0, "==": 5.0, "!=": 4.0}[sign]
    criterion = {"id": "soak.cpu", "sli": "host.cpu", "agg": "max", "pass": f"{sign} 5 pct"}
    book.measure("soak", "host.cpu", None, "pct", series={"file": "soak/samples.sqlite", "metric": "host.cpu"})
    for last, said in ((good, ("PASS", "")), (number, ("INCONCLUSIVE", "not_finite"))):
        outcome = book.outcome(criterion, load=lambda _reference, last=last: [(0.0, good), (1.0, last)])
        assert (outcome.status, outcome.reason) == said
    assert host.judged([criterion], make_fact("host.cpu", None, "pct", samples=[(0.0, good), (1.0, good)])).verdict == "GO"
    assert host.judged([criterion], make_fact("host.cpu", None, "pct", samples=[(0.0, good), (1.0, number)])).verdict == "REFUSED"
    with pytest.raises(EvidenceError, match="no finite number"):
        make_fact("host.cpu", number, "pct")


@pytest.mark.parametrize(
    ("healthcheck", "dockerfile", "is_there"),
    [
        ({"test": ["CMD", "curl", "-f", "http://localhost/health"]}, "", True),
        (None, "FROM a\nHEALTHCHECK CMD curl -f http://localhost/health\n", True),
        (None, "", False),
        ({}, "", False),
        (None, "FROM a\nHEALTHCHECK NONE\n", False),
        ({"test": ["NONE"]}, "FROM a\nHEALTHCHECK CMD true\n", False),
        ({"disable": True, "test": ["CMD", "true"]}, "", False),
    ],
)
def test_a_service_without_a_healthcheck_is_refused(
    healthcheck: Any, dockerfile: str, is_there: bool, host: Any, make_fact: Any, policy_gate: Any
) -> None:
    service = {"build": {"context": "/src"}, "image": "app:1a2b3c4d5e6f", "healthcheck": healthcheck}
    report = compose_model.examine({"services": {"app": service}}, "/src", {"app": dockerfile})
    found = make_fact("compose.services_without_healthcheck", len(report.without_healthcheck), "count")
    assert (host.judged_gate(policy_gate("preflight.healthchecks"), found, name="preflight").verdict == "GO") == is_there


def test_an_unknown_metric_is_a_mistake_of_the_policy(host: Any, make_fact: Any) -> None:
    found = make_fact("reported.ratio", 0.97, "ratio", name="success")
    assert host.judged([SUCCESS], found).verdict == "GO"
    for unknown in ("reported.rato{name=success}", "reported.ratio{nam=success}", "success", "*", "reported.*", ""):
        said = host.judged([SUCCESS, {**SUCCESS, "id": "soak.other", "sli": unknown}], found)
        assert said.verdict == "REFUSED", unknown
    with pytest.raises(EvidenceError, match=r"unknown SLI 'reported\.rato'"):
        make_fact("reported.rato", 0.97, "ratio", name="success")


def test_a_metric_that_was_named_and_never_recorded_is_not_passed_over(host: Any, make_fact: Any) -> None:
    found = make_fact("reported.ratio", 0.97, "ratio", name="succes")
    assert host.judged([SUCCESS], found)[:2] == ("HOLD", ("INCONCLUSIVE(no_data)",)), "a misspelt label is another number"


def test_a_gate_that_no_row_of_the_matrix_names_must_be_go_all_the_same(host: Any, make_fact: Any, train_on: Any) -> None:
    gates = {"smoke": {"criteria": [{**SUCCESS, "id": "smoke.success"}]}, "soak": {"criteria": [SUCCESS]}}
    rows = {"go": [{"id": "go.smoke", "needs": ["gate:smoke"]}], "hold": [{"id": "hold.smoke", "unless": ["gate:smoke"]}]}
    found = make_fact("reported.ratio", 0.97, "ratio", name="success")
    train = train_on(host.state_dir(), gates, rows).start("smoke").record("smoke", found)
    assert train.judge("smoke").verdict == "GO"
    assert train.decide()[:2] == ("NO-GO", ("YES", "CLEAR"))
    train.start("soak").record("soak", found).judge("soak")
    assert train.decide().verdict == "GO"
