# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The self-test of a policy: a criterion that cannot fail, or cannot pass, is a mistake, and it is found before it judges anything.

For every limit synthetic evidence is made on either side of it, one step apart, and given to the judge: the outcome has to flip, and
the gate with it. What else the criterion asks for (samples, time, age, windows, groups, a baseline, ...) is taken away once each:
then nothing may pass. The conditions of the matrix are tried in the same way, on the decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple, Optional

from ..judge.criterion import Criterion
from ..judge.decision import CLEAR, HOLDS, UNKNOWN, Standing, decide
from ..judge.judge import judge as real_judge
from ..judge.outcome import FAIL, GOOD, INCONCLUSIVE, PASS, WARN, Outcome, status_text
from ..judge.policy import Gate, Policy, Row
from ..judge.verdict import gate_verdict
from ..ledger.runs import FAIL as GATE_FAIL
from ..ledger.runs import GO, HOLD, PhaseState
from ..text import plain
from .self_test_growth import growth_guards_of
from .self_test_guards import Guard, Known, decides_earlier, guards_of, nothing
from .self_test_trial import Judge, Problem, Trial, Twins, baselines_of, comes_to, exactly, keeps, probes, range_text, twins_of
from .self_test_windows import window_guards_of
from .synthetic import Evidence


class Tried(NamedTuple):
    """A criterion after its trial; `known` is None when no value was found that passes, or none that fails."""

    trial: Trial
    twins: Sequence[Twins]
    known: Optional[Known]
    problems: Sequence[Problem]


def self_test(policy: Policy, judge: Judge = real_judge) -> dict[str, Any]:
    """Return {criteria, asked, tried, problems}: how much was tried, the twins of each limit, and what is wrong."""
    gates = {gate.phase: [try_criterion(Trial(criterion, judge)) for criterion in gate.criteria] for gate in policy.gates.values()}
    rows = [(row, try_criterion(Trial(row.when, judge))) for row in policy.hold if row.when is not None]
    everything = [*chain.from_iterable(gates.values()), *(tried for _row, tried in rows)]
    problems = [problem for tried in everything for problem in tried.problems]
    for phase, found in gates.items():
        problems += _gate_problems(policy.gates[phase], found)
    for row, tried in rows:
        problems += _row_problems(policy, row, tried)
    return {
        "criteria": len(everything),
        "asked": sum(tried.trial.asked for tried in everything),
        "tried": [_told(tried) for tried in everything],
        "problems": [problem._asdict() for problem in problems],
    }


def try_criterion(trial: Trial) -> Tried:
    """Try one criterion: its limits first, then what else it asks for."""
    twins, known, problems = _limits(trial)
    if known is None:
        right = trial.evidence(probes(trial, baselines_of(trial)[0])[0], baselines_of(trial)[0])
        return Tried(trial, twins, None, [*problems, *_broken(trial, nothing(right))])
    guards = chain(guards_of(trial, known), window_guards_of(trial, known), growth_guards_of(trial, known))
    return Tried(trial, twins, known, [*problems, *_broken(trial, guards)])


def _limits(trial: Trial) -> tuple[list[Twins], Optional[Known], list[Problem]]:
    criterion, baselines = trial.criterion, baselines_of(trial)
    found: list[Twins] = []
    dead = []
    for limit in criterion.limits:
        twins = next((twins for twins in (twins_of(trial, limit, baseline) for baseline in baselines) if twins is not None), None)
        found += [twins] if twins else []
        dead += [] if twins else [limit]
    tried = [(value, baseline) for baseline in baselines for value in probes(trial, baseline)]
    good = next((pair for pair in tried if trial.outcome(*pair).status == PASS), None)
    good = good or next((pair for pair in tried if trial.good(*pair)), None)
    bad = next((pair for pair in tried if trial.fails(*pair) and (good is None or pair[1] == good[1])), None)
    problems = list(_misjudged(trial, tried))
    if good is None or bad is None:
        return found, None, [*problems, _one_sided(trial, good is None, tried)]
    known = Known(good[0], bad[0], good[1], found)
    dead = [limit for limit in dead if not decides_earlier(trial, limit, known)]
    problems += [Problem(criterion.id, str(limit), "it never decides: beside the other limits it makes no difference") for limit in dead]
    return found, known, [*problems, *_warning_problems(trial, tried)]


def _one_sided(trial: Trial, never_good: bool, tried: Sequence[tuple[float, Optional[float]]]) -> Problem:
    outcomes = [trial.outcome(*pair) for pair in tried]
    cannot = f"it cannot {'pass' if never_good else 'fail'}"
    valued = [(pair, outcome) for pair, outcome in zip(tried, outcomes) if outcome.value is not None]
    values = {exactly(outcome.value or 0.0, outcome.unit) for _pair, outcome in valued}
    unclear = next((outcome for outcome in outcomes if outcome.status not in (*GOOD, FAIL)), None)
    if len(values) == 1 and not all(comes_to(trial, *pair) for pair, _outcome in valued):
        why = f"{cannot}: whatever is recorded, it comes to {values.pop()}"
    elif unclear is not None:
        why = f"{cannot}: complete evidence comes to {_text(unclear)}, {unclear.sentence}"
    else:
        why = f"{cannot}: {range_text(trial)}, and {'none' if never_good else 'every one'} of them keeps it"
    return Problem(trial.criterion.id, trial.criterion.limit_text, why)


def _misjudged(trial: Trial, tried: Sequence[tuple[float, Optional[float]]]) -> Iterator[Problem]:
    """The judge has to say what the limits say, when they are read without it."""
    for value, baseline in tried:
        wanted, outcome = keeps(trial, value, baseline), trial.outcome(value, baseline)
        wrong = (wanted is True and outcome.status == FAIL) or (wanted is False and outcome.good)
        if wrong and comes_to(trial, value, baseline):
            why = f"{trial.shown(value)} {'keeps' if wanted else 'breaks'} it, and is judged {_text(outcome)}"
            yield Problem(trial.criterion.id, trial.criterion.limit_text, why)


def _warning_problems(trial: Trial, tried: Sequence[tuple[float, Optional[float]]]) -> Iterator[Problem]:
    if not trial.criterion.warnings:
        return
    statuses = {trial.outcome(*pair).status for pair in tried}
    text = " or ".join(" and ".join(map(str, limits)) for limits in trial.criterion.warnings)
    if WARN not in statuses:
        yield Problem(trial.criterion.id, text, "it never warns: no value that passes reaches it")
    if PASS not in statuses:
        yield Problem(trial.criterion.id, text, "it always warns: every value that passes reaches it")


def _broken(trial: Trial, guards: Iterator[Guard]) -> Iterator[Problem]:
    for guard in guards:
        outcome = trial.judged(guard.evidence)
        if outcome.status not in guard.right:
            why = f"{guard.what} it is {_text(outcome)}, not {' or '.join(guard.right)}: {outcome.sentence}"
            yield Problem(trial.criterion.id, trial.criterion.limit_text, why)


def _gate_problems(gate: Gate, found: Sequence[Tried]) -> Iterator[Problem]:
    """A gate whose criteria are all good is GO; with one of them failed or unknown it is not, unless that one only observes."""
    good = [tried.trial.outcome(tried.known.good, tried.known.baseline) for tried in found if tried.known is not None]
    if len(good) < len(found):
        return
    if gate_verdict(good) != GO:
        yield Problem(f"gate:{gate.phase}", "", f"with every criterion good it is {gate_verdict(good)}")
    for number, tried in enumerate(found):
        known, unknown = tried.known, replace(good[number], status=INCONCLUSIVE, reason="no_data")
        for outcome in (tried.trial.outcome(known.bad, known.baseline), unknown) if known else ():
            verdict = gate_verdict([*good[:number], outcome, *good[number + 1 :]])
            if verdict != _verdict_with(tried.trial.criterion, outcome):
                why = f"with it at {_text(outcome)} the gate says {verdict}"
                yield Problem(tried.trial.criterion.id, tried.trial.criterion.limit_text, why)


def _verdict_with(criterion: Criterion, outcome: Outcome) -> str:
    """What a gate has to say when this outcome is the only one that is not good."""
    if criterion.observe:
        return GO
    return GATE_FAIL if criterion.key and outcome.status == FAIL else HOLD


def _row_problems(policy: Policy, row: Row, tried: Tried) -> Iterator[Problem]:
    """A condition of the matrix holds the decision when it is true, and when it is unknown; only when it is false it is clear."""
    if tried.known is None or row.when is None:
        return
    known, trial = tried.known, tried.trial
    true = trial.evidence(known.good, known.baseline)
    told = ((true, HOLDS), (trial.evidence(known.bad, known.baseline), CLEAR), (true.changed(lambda strand: None), UNKNOWN))
    for evidence, wanted in told:
        answer, decision = _decided(policy, row, evidence)
        if answer != wanted or (decision == GO) != (wanted == CLEAR):
            yield Problem(row.id, row.when.limit_text, f"the row says {answer} where it has to say {wanted}; the decision is {decision}")


def _decided(policy: Policy, row: Row, evidence: Evidence) -> tuple[str, str]:
    """Decide with everything good but what `evidence` says about one row."""
    outcomes: Mapping[str, Mapping[str, Any]] = {name: {"id": name, "status": PASS, "sentence": "good"} for name in policy.home}
    stand = Standing({phase: PhaseState(phase, GO) for phase in policy.gates}, outcomes)
    result = decide(replace(policy, hold=(row,)), stand, evidence.book, evidence.load, evidence.now)
    return str(result["hold"][0]["answer"]), str(result["decision"])


def _told(tried: Tried) -> dict[str, Any]:
    trial = tried.trial
    flips = [
        {
            "limit": str(twins.limit),
            "passes": trial.told(twins.passes, twins.baseline),
            "fails": trial.told(twins.fails, twins.baseline),
            "baseline": trial.shown(twins.baseline) if twins.limit.relative and twins.baseline is not None else "",
        }
        for twins in tried.twins
    ]
    return {"id": trial.criterion.id, "limit": trial.criterion.limit_text, "asked": trial.asked, "flips": flips}


def _text(outcome: Outcome) -> str:
    return status_text(outcome.as_dict())


def self_test_lines(result: Mapping[str, Any], every: bool = False) -> list[str]:
    """Return the report, a line an element: what is wrong; with `every` also where each limit flips."""
    lines = []
    for item in result["tried"] if every else ():
        for flip in item["flips"]:
            beside = f" (baseline {flip['baseline']})" if flip["baseline"] else ""
            lines.append(f"{item['id']:<32} {flip['limit']:<24} passes at {flip['passes']}, fails at {flip['fails']}{beside}")
    for problem in result["problems"]:
        limit = f" ({problem['limit']})" if problem["limit"] else ""
        lines.append(f"X {problem['id']}{limit}: {plain(problem['why'], 300)}")
    tried = f"{result['criteria']} criteria and conditions tried with {result['asked']} pieces of synthetic evidence"
    wrong = len({problem["id"] for problem in result["problems"]})
    return [*lines, f"{tried}: {f'{wrong} are wrong' if wrong else 'each one can fail, and can pass'}"]
