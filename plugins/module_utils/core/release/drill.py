# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A drill: the release that serves gets a broken twin, so that the way back is gone before it is needed.

The twin runs the very images of the live release, in the idle colour, under a name that is no release: nothing that is recorded about
releases can ever be about it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import InputError
from ..measurement import measurement
from .compose_plan import LABEL_RELEASE

HEALTHY, NEVER_HEALTHY, FAILS_AFTER_SWITCH = "healthy", "never_healthy", "fails_after_switch"
BROKEN = (NEVER_HEALTHY, FAILS_AFTER_SWITCH)
BREAKAGE_KEYS = ("service", "environment", "command")
_PREFIX = "drill-"


def drill_name(release: str) -> str:
    """The name of the broken twin of a release."""
    return f"{_PREFIX}{release}"


def is_drill(release: str) -> bool:
    """True for the name of a broken twin."""
    return release.startswith(_PREFIX)


def check_breakage(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the breakage of the policy: `service`, and `environment` or `command` with which it fails on the public ports."""
    unknown = sorted(set(raw) - set(BREAKAGE_KEYS))
    if unknown:
        raise InputError(f"unknown key {unknown[0]!r} of a breakage", where="breakage", todo=f"it knows {', '.join(BREAKAGE_KEYS)}")
    if not isinstance(raw.get("environment") or {}, Mapping):
        raise InputError("the environment of a breakage must be a mapping", where="breakage.environment")
    return {key: value for key, value in raw.items() if value}


def breaks_by_itself(breakage: Mapping[str, Any]) -> bool:
    """True when the policy says how the twin fails; else its service is killed after the switch."""
    return bool(breakage.get("environment") or breakage.get("command"))


def broken_service(services: Mapping[str, Any], routes: Sequence[Mapping[str, Any]], wanted: str = "") -> str:
    """The service that is broken: the one named, else the one behind a public port on which most of the others depend.

    Raises InputError when there is no such service among those of the colour.
    """
    if wanted:
        if wanted not in services:
            raise InputError(f"there is no service {wanted!r} to break", todo=f"name one of {', '.join(services)}")
        return wanted
    public = [str(route["service"]) for route in routes if route["service"] in services]
    if not public:
        raise InputError(
            "no service behind a public port can be broken", where="planned colour", todo="name one in stagegate_drill_breakage"
        )
    needed = [name for service in services.values() for name in service.get("depends_on") or {}]
    return max(public, key=needed.count)


def broken_project(project: Mapping[str, Any], twin: str, service: str, mode: str, breakage: Mapping[str, Any]) -> dict[str, Any]:
    """The planned compose project of a colour under the twin's name, broken as `mode` says; its healthchecks are asked each second."""
    broken = copy.deepcopy(dict(project))
    for item in broken["services"].values():
        item["labels"] = {**(item.get("labels") or {}), LABEL_RELEASE: twin}
        if item.get("healthcheck"):
            item["healthcheck"] = {**item["healthcheck"], "interval": "1s"}
    target = broken["services"][service]
    if mode == NEVER_HEALTHY:
        target["healthcheck"] = {"test": ["CMD-SHELL", "exit 1"], "interval": "1s", "timeout": "2s", "retries": 1}
    elif mode == FAILS_AFTER_SWITCH:
        target["environment"] = {**(target.get("environment") or {}), **(breakage.get("environment") or {})}
        if breakage.get("command"):
            target["command"] = breakage["command"]
    else:
        raise InputError(f"nothing is broken in mode {mode!r}", todo=f"choose one of {', '.join(BROKEN)}")
    return broken


def judgement(mode: str, found: bool, seconds: float, live_ok: bool) -> list[dict[str, Any]]:
    """What a broken twin showed: whether the checks found it (after so many seconds), and whether what had to serve then did serve.

    drill.rollbacks is recorded here for what was refused before the switch; what was found after it is recorded by the rollback.
    """
    labels, source = {"mode": mode}, "the host's clock, from the breakage to its finding"
    failures = [text for text, bad in (("the breakage was not found", not found), ("what should serve does not", not live_ok)) if bad]
    facts = [] if not found else [measurement("drill.time_to_detect", round(max(0.0, seconds), 3), "s", labels, source)]
    if mode == NEVER_HEALTHY:
        facts.append(measurement("drill.rollbacks", int(not failures), "count", labels, "it was never switched to"))
        facts.append(measurement("drill.failures", len(failures), "count", labels, "checks before the switch", failures))
    elif failures:
        facts.append(measurement("drill.failures", len(failures), "count", labels, "checks after the switch", failures))
    return facts


def row_facts(before: Mapping[str, int], after: Mapping[str, int]) -> list[dict[str, Any]]:
    """drill.rows and drill.rows_lost; a table that is gone has lost all its rows, one that grew makes up for no other."""
    lost = {table: count - after.get(table, 0) for table, count in sorted(before.items()) if after.get(table, 0) < count}
    source = f"count(*) of {len(before)} tables before and after"
    return [
        measurement("drill.rows", sum(before.values()), "count", source=source),
        measurement("drill.rows_lost", sum(lost.values()), "count", source=source, detail=[f"{name}: {lost[name]}" for name in lost]),
    ]
