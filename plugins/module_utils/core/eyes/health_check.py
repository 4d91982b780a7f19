# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Health checks as data: each component is asked itself; a /health of 200 proves nothing about its dependencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Union

from ..errors import InputError
from ..measurement import measurement
from .api_journey import Step, parse_steps

COMPONENTS = ("backend", "frontend", "database", "cache", "api")
STAGES = ("preview", "public", "old_on_copy", "old_on_new_schema", "rollback")
KEYS = {
    "http": {"name", "component", "kind", "url", "status", "contains"},
    "exec": {"name", "component", "kind", "container", "project", "service", "command", "contains"},
    "journey": {"name", "component", "kind", "base_url", "steps", "csrf"},
}


@dataclass(frozen=True)
class HttpCheck:
    """One GET: the address, the status it must have, the text it must contain."""

    name: str
    component: str
    url: str
    status: int
    contains: str


@dataclass(frozen=True)
class ExecCheck:
    """A command inside a container, found by its name or by compose project and service; 0 and the text is a pass."""

    name: str
    component: str
    container: str
    project: str
    service: str
    command: tuple[str, ...]
    contains: str


@dataclass(frozen=True)
class JourneyCheck:
    """An API journey (see api_journey.py) on one base URL."""

    name: str
    component: str
    base_url: str
    steps: tuple[Step, ...]


Check = Union[HttpCheck, ExecCheck, JourneyCheck]


@dataclass(frozen=True)
class CheckResult:
    """A check after its last try: what failed (empty: nothing) and how many seconds after the start that was."""

    name: str
    component: str
    failures: tuple[str, ...]
    seconds: float
    tries: int

    @property
    def ok(self) -> bool:
        """True when the last try found nothing wrong."""
        return not self.failures


def parse_checks(raw: Any, where: str = "health_check_checks") -> tuple[Check, ...]:
    """Read the list of checks. Raises InputError with the position of what is wrong."""
    if not isinstance(raw, (list, tuple)) or not raw:
        raise InputError("there is no health check", where=where, todo="list at least one: nothing asked proves nothing")
    return tuple(_check(entry, f"{where}[{number}]") for number, entry in enumerate(raw))


def measurements_of(results: Sequence[CheckResult], stage: str) -> list[dict[str, Any]]:
    """health.checks, health.failed and, when all checks of a component passed, health.duration, for each component."""
    found = []
    for component in sorted({result.component for result in results}):
        own = [result for result in results if result.component == component]
        bad = [text for result in own for text in result.failures]
        labels = {"component": component, "stage": stage}
        source = f"{len(own)} checks of {component}"
        failed = sum(not result.ok for result in own)
        found.append(measurement("health.checks", len(own), "count", labels, source, [result.name for result in own]))
        found.append(measurement("health.failed", failed, "count", labels, source, bad))
        if not failed:
            slowest = max(result.seconds for result in own)
            found.append(measurement("health.duration", round(slowest, 3), "s", labels, source))
    return found


def container_query(check: ExecCheck) -> list[str]:
    """The argv that lists the ids of the running containers that an exec check means."""
    if check.container:
        return ["docker", "ps", "--quiet", "--filter", f"name=^/?{check.container}$"]
    labels = (("project", check.project), ("service", check.service))
    filters = [part for key, value in labels for part in ("--filter", f"label=com.docker.compose.{key}={value}")]
    return ["docker", "ps", "--quiet", *filters]


def _check(raw: Any, where: str) -> Check:
    if not isinstance(raw, Mapping):
        raise InputError("a health check is a mapping", where=where, why=f"got {type(raw).__name__}")
    kind = str(raw.get("kind", ""))
    if kind not in KEYS:
        raise InputError(f"unknown kind {kind!r} of health check", where=where, todo=f"choose one of {', '.join(sorted(KEYS))}")
    unknown = sorted(set(raw) - KEYS[kind])
    if unknown:
        raise InputError(f"unknown key {unknown[0]!r}", where=where, todo=f"{kind} knows {', '.join(sorted(KEYS[kind]))}")
    component = str(raw.get("component", ""))
    if component not in COMPONENTS:
        raise InputError(f"unknown component {component!r}", where=where, todo=f"choose one of {', '.join(COMPONENTS)}")
    if kind == "http":
        return _http(raw, component, where)
    return _exec(raw, component, where) if kind == "exec" else _journey(raw, component, where)


def _http(raw: Mapping[str, Any], component: str, where: str) -> HttpCheck:
    url = _needed(raw, "url", where)
    status = raw.get("status", 200)
    if not str(status).isdigit():
        raise InputError(f"status {status!r} is no HTTP status", where=where)
    return HttpCheck(str(raw.get("name") or f"GET {url}"), component, url, int(status), str(raw.get("contains") or ""))


def _exec(raw: Mapping[str, Any], component: str, where: str) -> ExecCheck:
    command = raw.get("command")
    if not isinstance(command, (list, tuple)) or not command:
        raise InputError("command must be a list of words", where=where, todo='write it like ["redis-cli", "ping"]')
    container, project, service = (str(raw.get(key) or "") for key in ("container", "project", "service"))
    if not container and not (project and service):
        raise InputError("which container?", where=where, todo="give `container`, or `project` and `service`")
    name = str(raw.get("name") or f"{' '.join(str(word) for word in command)[:60]} in {container or service}")
    return ExecCheck(
        name,
        component,
        container,
        project,
        service,
        tuple(str(word) for word in command),
        str(raw.get("contains") or ""),
    )


def _journey(raw: Mapping[str, Any], component: str, where: str) -> JourneyCheck:
    steps = parse_steps(raw.get("steps"), f"{where}.steps", raw.get("csrf"))
    base_url = _needed(raw, "base_url", where)
    return JourneyCheck(str(raw.get("name") or f"journey of {len(steps)} steps"), component, base_url, steps)


def _needed(raw: Mapping[str, Any], key: str, where: str) -> str:
    value = str(raw.get(key) or "")
    if not value:
        raise InputError(f"{key} is missing", where=where)
    return value
