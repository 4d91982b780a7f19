# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`rests_on`: what was measured on a ground that does not hold is not known to be good.

An error rate tells nothing when the load did not send what it should have sent. What was found bad stays bad.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..errors import InputError
from ..units import did_you_mean
from .criterion import Criterion
from .outcome import INCONCLUSIVE, PASS, WARN, Outcome


def check_grounds(criteria: Sequence[Criterion], where: str) -> None:
    """Raise InputError for a ground that is no criterion of the same gate or rests on something itself."""
    known = {criterion.id: criterion for criterion in criteria}
    for criterion in criteria:
        for ground in criterion.rests_on:
            place = f"{where} ({criterion.id}), field rests_on"
            if ground not in known:
                raise InputError(f"there is no criterion {ground[:60]!r} in this gate", where=place, todo=did_you_mean(ground, known))
            if known[ground].rests_on:
                raise InputError(f"{ground} rests on something itself", where=place, todo="name that, too")


def with_grounds(criteria: Sequence[Criterion], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes of the criteria, in the same order; a PASS or WARN on a ground that is not good is INCONCLUSIVE(no_ground)."""
    shaky = {outcome.id for outcome in outcomes if not outcome.good}
    return [_on(outcome, [ground for ground in criterion.rests_on if ground in shaky]) for criterion, outcome in zip(criteria, outcomes)]


def _on(outcome: Outcome, shaky: Sequence[str]) -> Outcome:
    if not shaky or outcome.status not in (PASS, WARN):
        return outcome
    named = ", ".join(shaky)
    sentence = f"{outcome.sentence}; but it rests on {named}, which is not good"
    return replace(outcome, status=INCONCLUSIVE, reason="no_ground", sentence=sentence, changes=(f"{outcome.id}: {named} must be good",))
