# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Unit tests for the alert rules, in the form that `promtool test rules` reads, made of the policy and not of the rules.

For each alert: just over the limit it fires, with the text that people will read, and not sooner than it should; over the limit for
too short a time it stays silent, just under it too; a value that is missing or is no number fires its no-data twin.
The tests give the recorded SLIs their values: what the queries make of an exporter's metrics is not looked at here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .alert_rules import WATCHDOG, Alert, AlertSettings, watchdog
from .alert_samples import STEP, Scene, Series, scene
from .promql import duration

Case = dict[str, Any]


def alert_rule_tests(alerts: Sequence[Alert], settings: AlertSettings, rule_file: str) -> dict[str, Any]:
    """Return the document; `rule_file` is where the rules are, seen from the document."""
    tests = [_nothing_is_there(alerts, settings)]
    for alert in alerts:
        made = scene(alert)
        tests += [_fires(made, settings), *_no_number(made, settings)]
        if len(made.groups) == 1:
            tests.append(_stays_silent(made))
        # A window of its own remembers a breach that is over; the buckets of a percentile are other ones afterwards.
        if alert.watch.shape in ("now", "ratio") and made.rounds > 1:
            tests.append(_too_short(made))
        if alert.watch.expect:
            tests.append(_one_group_is_missing(made, settings))
    return {"rule_files": [rule_file], "evaluation_interval": duration(STEP), "tests": tests}


def _fires(made: Scene, settings: AlertSettings) -> dict[str, Any]:
    """Where there are several groups, the others stay under the limit: only the first is named."""
    alert, group = made.alert, made.groups[0]
    expected = {
        "exp_labels": alert.labels(settings.policy, _as_it_is, **alert.watch.labels_of(group)),
        "exp_annotations": alert.annotations(alert.value_format % made.shown, group, _as_it_is),
    }
    early = [_silent(alert.name, made.first_value + (made.rounds - 1) * STEP)] if alert.seconds else []
    fired = {"eval_time": _time(made.fire_time), "alertname": alert.name, "exp_alerts": [expected]}
    cases = [*early, fired, _silent(alert.no_data_name, made.fire_time)]
    return _test(f"{alert.name} fires over its limit, and not sooner than it should", made.step, made.series(made.over, made.under), cases)


def _stays_silent(made: Scene) -> dict[str, Any]:
    cases = [_silent(name, made.fire_time) for name in (made.alert.name, made.alert.no_data_name)]
    return _test(f"{made.alert.name} stays silent under its limit", made.step, made.series(made.under, made.under), cases)


def _too_short(made: Scene) -> dict[str, Any]:
    series = made.flat([(made.over, made.rounds), (made.under, made.rounds)], made.under)
    cases = [_silent(made.alert.name, (made.rounds + late) * STEP) for late in (-1, 0, 1)]
    return _test(f"{made.alert.name} stays silent when it was over its limit for too short a time", STEP, series, cases)


def _nothing_is_there(alerts: Sequence[Alert], settings: AlertSettings) -> dict[str, Any]:
    early, late = _no_data_times(settings)
    cases = [case for alert in alerts for case in (_silent(alert.no_data_name, early), _unknown(alert, settings, late, _absences(alert)))]
    always = watchdog(settings, _as_it_is)
    standing = {"exp_labels": always["labels"], "exp_annotations": always["annotations"]}
    cases.append({"eval_time": "0s", "alertname": WATCHDOG, "exp_alerts": [standing]})
    return _test("when nothing is measured every alert says so, and the watchdog fires", STEP, [], cases)


def _no_number(made: Scene, settings: AlertSettings) -> list[dict[str, Any]]:
    alert, at = made.alert, _no_data_times(settings)[1]
    cases = [_unknown(alert, settings, at, [alert.watch.labels_of(group) for group in made.groups])]
    # NaN is other than anything: `!=` fires beside its twin.
    if not any(breach.sign == "!=" for breach in alert.breaches):
        cases.append(_silent(alert.name, at))
    return [
        _test(f"{alert.no_data_name} fires when the value is {kind}", STEP, series, cases)
        for kind, series in made.without_number(at).items()
    ]


def _one_group_is_missing(made: Scene, settings: AlertSettings) -> dict[str, Any]:
    alert, at = made.alert, _no_data_times(settings)[1]
    everything = made.flat([(made.under, math.ceil(at / STEP) + 1)], made.under)
    # The first group comes first, with as many series as each of the others.
    present = everything[len(everything) // len(made.groups) :]
    cases = [_unknown(alert, settings, at, _absences(alert)[:1])]
    return _test(f"{alert.no_data_name} fires when {alert.watch.each} {made.groups[0]} is missing", STEP, present, cases)


def _unknown(alert: Alert, settings: AlertSettings, at: float, found: Sequence[dict[str, str]]) -> Case:
    annotations = alert.no_data_annotations(settings.no_data_for, _as_it_is)
    labels = [alert.labels(settings.policy, _as_it_is, reason="no_data", **own) for own in found]
    expected = [{"exp_labels": each, "exp_annotations": annotations} for each in labels]
    return {"eval_time": _time(at), "alertname": alert.no_data_name, "exp_alerts": expected}


def _absences(alert: Alert) -> list[dict[str, str]]:
    """The labels of what fires when a value is missing: those that the rule itself knows."""
    fixed = {} if alert.watch.shape == "ratio" else dict(alert.watch.fixed[0])
    return [{**fixed, alert.watch.each: group} for group in alert.watch.expect] or [fixed]


def _silent(name: str, at: float) -> Case:
    return {"eval_time": _time(at), "alertname": name, "exp_alerts": []}


def _test(name: str, interval: int, series: Series, cases: Sequence[Case]) -> dict[str, Any]:
    return {"name": name, "interval": duration(interval), "input_series": series, "alert_rule_test": list(cases)}


def _no_data_times(settings: AlertSettings) -> tuple[float, float]:
    """When the twin is still silent, and when it has fired."""
    rounds = math.ceil(settings.no_data_for / STEP)
    return (rounds - 1) * STEP, (rounds + 1) * STEP


def _time(seconds: float) -> str:
    return duration(seconds) if seconds else "0s"


def _as_it_is(text: str) -> str:
    return text
