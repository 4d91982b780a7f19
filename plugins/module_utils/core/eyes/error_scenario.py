# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Error scenarios as data: what is taken away, and how the application must then behave.

A scenario is {name, stop?, base_url?, steps?, journeys?}. `stop` are services of the data project; `steps` are requests as in
core/eyes/api_journey.py, each asked on its own; `journeys` are browser journeys. Every answer must be clean: no stack trace.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..measurement import measurement
from ..release.engine_state import Container
from ..units import did_you_mean
from .api_journey import Step, parse_steps
from .browser_journey import Journey, parse_journeys

KEYS = ("name", "stop", "base_url", "steps", "journeys")
STACK_TRACES = (
    "Traceback (most recent call last)",
    '  File "',
    "\n    at ",
    "node_modules/",
    "sqlalchemy.",
    "psycopg",
    "redis.exceptions",
    "ECONNREFUSED",
)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


@dataclass(frozen=True)
class Scenario:
    """One scenario; `base_url` is where its requests go (empty: the module's)."""

    name: str
    stop: tuple[str, ...]
    base_url: str
    steps: tuple[Step, ...]
    journeys: tuple[Journey, ...]


@dataclass(frozen=True)
class ScenarioResult:
    """How many checks were made in a scenario, and what failed."""

    name: str
    checks: int
    failures: tuple[str, ...]


def parse_scenarios(raw: Any, where: str = "scenarios") -> tuple[Scenario, ...]:
    """Read a list of scenarios. Raises InputError with the position of what cannot be used."""
    if not isinstance(raw, (list, tuple)) or not raw:
        raise InputError("at least one scenario is needed", where=where)
    scenarios = tuple(_scenario(entry, f"{where}[{number}]") for number, entry in enumerate(raw))
    names = [scenario.name for scenario in scenarios]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"two scenarios are called {name!r}", where=where)
    return scenarios


def unclean(text: str) -> list[str]:
    """What of an answer belongs into a log and not before a user's eyes."""
    return [f"the answer shows {word.strip()!r}" for word in STACK_TRACES if word in text]


def unhealthy(containers: Sequence[Container]) -> list[str]:
    """The containers that are not well, with their condition."""
    return [f"{container.name}: {container.condition}" for container in containers if not container.is_healthy]


def scenario_measurements(results: Sequence[ScenarioResult], unrepaired: Sequence[str]) -> list[dict[str, Any]]:
    """scenario.checks and scenario.failed by scenario, and scenario.unrepaired."""
    source = "error scenarios on the running stack"
    facts = []
    for result in results:
        labels = {"scenario": result.name}
        facts.append(measurement("scenario.checks", result.checks, "count", labels, source))
        facts.append(measurement("scenario.failed", len(result.failures), "count", labels, source, list(result.failures)))
    facts.append(measurement("scenario.unrepaired", len(unrepaired), "count", source=source, detail=list(unrepaired)))
    return facts


def _scenario(raw: Any, where: str) -> Scenario:
    if not isinstance(raw, Mapping):
        raise InputError("a scenario is a mapping", where=where, why=f"got {str(raw)[:60]!r}")
    for key in raw:
        if key not in KEYS:
            raise InputError(f"unknown key {str(key)[:40]!r}", where=where, todo=did_you_mean(str(key), KEYS))
    name, stop = raw.get("name"), raw.get("stop") or []
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InputError(f"{name!r} is no name of a scenario", where=where, todo="lower case, digits, underscores: database_down")
    where = f"{where} ({name})"
    if not isinstance(stop, (list, tuple)) or not all(isinstance(service, str) and service for service in stop):
        raise InputError("stop is a list of services of the data project", where=where, why=f"got {stop!r}")
    if not raw.get("steps") and not raw.get("journeys"):
        raise InputError("a scenario needs steps or journeys", where=where, why="without a check nothing is shown")
    steps = parse_steps(raw["steps"], f"{where} steps") if raw.get("steps") else ()
    journeys = parse_journeys(raw["journeys"], f"{where} journeys") if raw.get("journeys") else ()
    return Scenario(name, tuple(stop), str(raw.get("base_url") or ""), steps, journeys)
