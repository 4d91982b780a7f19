# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What users would have seen while something was done: the answers of a constant probe, counted honestly.

Requests are due at fixed times, whatever became of those before (open model), and every time is told from when a request was due.
Of an address all counts from the moment of its first good answer on: what never served cannot fail. A request that the meter itself could
not send in time is `dropped`; it says nothing about the application, so a count of 0 failures with a dropped request is unknown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional
from urllib.parse import urlsplit

from ..errors import EvidenceError, InputError
from ..measurement import measurement

DURING = ("deploy", "rollback", "drill")
GOOD, FAILED, DROPPED = "good", "failed", "dropped"
HIGHEST_RATE = 200.0


@dataclass(frozen=True)
class MeterPlan:
    """What the meter does: addresses in turn, requests per second over all of them; times in seconds."""

    urls: tuple[str, ...]
    rate: float
    timeout: float
    late: float
    deadline: float

    def due(self, number: int) -> float:
        """Seconds after the start at which this request is due."""
        return number / self.rate

    def url(self, number: int) -> str:
        """The address that this request asks."""
        return self.urls[number % len(self.urls)]


@dataclass(frozen=True)
class Answer:
    """One request: when it was due (seconds after the start), what became of it, and seconds from then to the end of its answer."""

    at: float
    url: str
    outcome: str
    seconds: float = 0.0
    why: str = ""

    @property
    def ended(self) -> float:
        """Seconds after the start at which it was over."""
        return self.at + self.seconds


@dataclass(frozen=True)
class Reading:
    """What the meter wrote: its answers, how long it measured (seconds), and requests that were due and are not in the file."""

    answers: tuple[Answer, ...]
    until: float
    missing: int = 0


def parse_plan(raw: Mapping[str, Any]) -> MeterPlan:
    """Read the settings; InputError names the one that cannot be used."""
    urls = raw.get("urls")
    if not isinstance(urls, (list, tuple)) or not urls:
        raise InputError(
            "there is nothing to ask", where="urls", todo="name at least one public address, such as http://localhost:8000/health"
        )
    for url in urls:
        parts = urlsplit(str(url))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f"{str(url)[:80]!r} is no HTTP address", where="urls", todo="write it like http://localhost:8000/health")
    numbers = {name: _positive(raw, name) for name in ("rate", "timeout", "late", "deadline")}
    if numbers["rate"] > HIGHEST_RATE:
        raise InputError(f"{numbers['rate']:g} requests per second are a load, no probe", where="rate", todo=f"at most {HIGHEST_RATE:g}")
    return MeterPlan(tuple(str(url) for url in urls), **numbers)


def line_of(answer: Answer) -> str:
    """The line of the results file."""
    return json.dumps([round(answer.at, 4), answer.url, answer.outcome, round(answer.seconds, 4), answer.why[:200]]) + "\n"


def end_line(seconds: float) -> str:
    """The last line of a meter that ended because it was asked to, so many seconds after its start."""
    return json.dumps({"stopped": round(seconds, 4)}) + "\n"


def read_results(text: str, plan: MeterPlan, elapsed: float) -> Reading:
    """Read the file. Without the end line the meter died or came to its deadline; what was due until now (`elapsed`) is missing then.

    A last line that was cut off by a kill is left out, and so missing. EvidenceError for anything else that cannot be read.
    """
    answers, stopped = [], None
    lines = text.split("\n")
    for number, line in enumerate(lines[:-1], 1):
        try:
            found = json.loads(line)
            if isinstance(found, dict):
                stopped = float(found["stopped"])
            else:
                at, url, outcome, seconds, why = found
                answers.append(Answer(float(at), str(url), _known(outcome), float(seconds), str(why)))
        except (ValueError, TypeError, KeyError) as error:
            raise EvidenceError("the results of the downtime meter cannot be read", where=f"line {number}", why=str(error)[:200]) from error
    if stopped is not None:
        return Reading(tuple(answers), stopped)
    expected = int(max(0.0, elapsed) * plan.rate)
    return Reading(tuple(answers), max(elapsed, 0.0), max(0, expected - len(answers)))


def longest_gap(ends: Sequence[float], until: float) -> float:
    """Seconds of the longest stretch without the end of a good answer, from the first one to the end of the measurement.

    `ends`: when good answers of one address were over, in any order; not empty.
    """
    ordered = [*sorted(ends), max(until, *ends)]
    return max(after - before for before, after in zip(ordered, ordered[1:]))


def counted(answers: Sequence[Answer]) -> list[Answer]:
    """The answers that count: those that were over when the same address had answered well, or later.

    The end of an answer counts, not when it was due: what begins to listen may keep the request that came first until the others,
    which came later, have been refused.
    """
    served: dict[str, float] = {}
    for answer in answers:
        if answer.outcome == GOOD:
            served[answer.url] = min(answer.ended, served.get(answer.url, answer.ended))
    return [answer for answer in answers if answer.url in served and answer.ended >= served[answer.url]]


def downtime_measurements(reading: Reading, plan: MeterPlan, during: str, slow: float) -> list[dict[str, Any]]:
    """downtime.requests, .dropped, .slow and, where they are known, .failed and .longest_gap.

    Not known: of an address that never answered well, anything; of failures, that there were none, when a request was dropped.
    """
    labels = {"during": during}
    looked_at = counted(reading.answers)
    sent = [answer for answer in looked_at if answer.outcome != DROPPED]
    bad = sorted((answer for answer in sent if answer.outcome == FAILED), key=lambda answer: answer.at)
    dropped = len(looked_at) - len(sent) + reading.missing
    silent = [url for url in plan.urls if all(answer.url != url for answer in looked_at)]
    source = f"{plan.rate:g} requests per s to {', '.join(plan.urls)} for {reading.until:.1f} s"
    facts = [
        measurement("downtime.requests", len(sent), "count", labels, source, [f"never answered well: {url}" for url in silent]),
        measurement("downtime.dropped", dropped, "count", labels, source, "the meter stalled or died" if dropped else ""),
        measurement("downtime.slow", sum(answer.seconds > slow for answer in sent), "count", labels, f"{source}, slower than {slow:g} s"),
    ]
    if silent:
        return facts
    if bad or not dropped:
        facts.append(measurement("downtime.failed", len(bad), "count", labels, source, [_told(answer) for answer in bad]))
    gap = max(_gap_of(url, looked_at, reading.until) for url in plan.urls)
    facts.append(measurement("downtime.longest_gap", round(gap, 3), "s", labels, source))
    return facts


def summary(facts: Sequence[Mapping[str, Any]]) -> str:
    """One line for people."""
    values = {str(fact["sli"]).partition(".")[2]: fact["value"] for fact in facts}
    failed: Optional[Any] = values.get("failed")
    gap = f", longest gap {values['longest_gap']:.2f} s" if "longest_gap" in values else ""
    said = "unknown how many failed" if failed is None else f"{failed} failed"
    return f"{values.get('requests', 0)} requests, {said}, {values.get('slow', 0)} slow, {values.get('dropped', 0)} not sent{gap}"


def _gap_of(url: str, answers: Sequence[Answer], until: float) -> float:
    return longest_gap([answer.ended for answer in answers if answer.url == url and answer.outcome == GOOD], until)


def _told(answer: Answer) -> str:
    return f"after {answer.at:.2f} s {answer.url}: {answer.why or 'failed'}"


def _known(outcome: Any) -> str:
    if outcome not in (GOOD, FAILED, DROPPED):
        raise ValueError(f"unknown outcome {str(outcome)[:40]!r}")
    return str(outcome)


def _positive(raw: Mapping[str, Any], name: str) -> float:
    value = raw.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e6:
        raise InputError(f"{name} must be a number above 0, got {str(value)[:40]!r}", where=name)
    return float(value)
