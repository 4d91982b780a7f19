# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the jobs of a soak and its alerts hand to the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..measurement import measurement
from .job_schedule import Standing

# What a run of a job found to be broken, counted as it was recorded.
FAILURES = frozenset({"tests.failed", "journey.failed", "browser.console_errors", "browser.failed_requests", "health.failed"})
SEVERITIES = ("critical", "warning")


def failures_in(measurements: Iterable[Mapping[str, Any]]) -> int:
    """Return how much failed in one run of a job. A run that brought no measurement, or that executed no test, has failed itself."""
    found = list(measurements)
    values = [(str(item.get("sli")), item.get("value")) for item in found]
    failed = sum(int(value) for sli, value in values if sli in FAILURES and isinstance(value, (int, float)))
    nothing_run = any(sli == "tests.run" and not value for sli, value in values)
    return failed + int(nothing_run) + int(not found)


def job_measurements(found: Sequence[Standing], failures: Mapping[str, int]) -> list[dict[str, Any]]:
    """The measurements of the jobs so far. Where none is planned, that is what is said."""
    if not found:
        planned = "no job is planned for this soak"
        return [measurement(sli, 0, "count", source=planned) for sli in ("soak.jobs_come", "soak.jobs_missed", "soak.job_failures")]
    made = []
    for each in found:
        source, labels = f"journal of the soak, {each.done} of {each.come} runs done", {"job": each.name}
        slots = [f"run {slot + 1} of {each.name} was missed" for slot in each.missed]
        made += [
            measurement("soak.jobs_come", each.come, "count", labels, source),
            measurement("soak.jobs_missed", len(each.missed), "count", labels, source, detail=slots),
            measurement("soak.job_failures", failures.get(each.name, 0), "count", labels, source),
        ]
    return made


def alert_measurements(
    rules: int, fired: Mapping[str, int], incidents: Sequence[Mapping[str, Any]], undelivered: int
) -> list[dict[str, Any]]:
    """The measurements of the alerts so far; none where no rule is there, so that nothing looked at never reads as nothing found."""
    if not rules:
        return []
    source = f"{rules} alert rules of the policy over the samples of the soak"
    made = [measurement("soak.alert_rules", rules, "count", source=source)]
    for severity in SEVERITIES:
        said = [str(incident.get("summary", "")) for incident in incidents if incident.get("severity") == severity]
        made.append(measurement("soak.alerts", fired.get(severity, 0), "count", {"severity": severity}, source, detail=said))
    return [*made, measurement("soak.alerts_undelivered", undelivered, "count", source=source)]
