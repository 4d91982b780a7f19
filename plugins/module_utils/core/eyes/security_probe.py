# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests that an application must refuse: forged ones, and ones without the right to be made.

A probe set is {login, csrf, forged, control, unauthenticated, wrong_credentials, refusals}; all but `refusals` (statuses, default
401, 403, 429) and `csrf` ({cookie, header}) are lists of steps as in core/eyes/api_journey.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ..errors import InputError
from ..measurement import measurement
from ..units import did_you_mean
from .api_journey import Csrf, Step, parse_steps

LISTS = ("login", "forged", "control", "unauthenticated", "wrong_credentials")
KEYS = (*LISTS, "csrf", "refusals")
REFUSALS = (401, 403, 429)
INVENTED = "invented-by-stagegate-0000000000000000"
FORGED_ORIGIN = "https://forged.invalid"


@dataclass(frozen=True)
class ProbeSet:
    """What is sent, and with which statuses it must be refused."""

    login: tuple[Step, ...]
    csrf: Optional[Csrf]
    forged: tuple[Step, ...]
    control: tuple[Step, ...]
    unauthenticated: tuple[Step, ...]
    wrong_credentials: tuple[Step, ...]
    refusals: tuple[int, ...]


@dataclass(frozen=True)
class Probe:
    """One request that was sent, and how it was answered (status None: not at all)."""

    kind: str
    name: str
    status: Optional[int]
    refused: bool

    def __str__(self) -> str:
        return f"{self.name}: {self.status if self.status is not None else 'no answer'}"


@dataclass(frozen=True)
class ProbeResult:
    """All probes, and whether the rightful requests were taken: without them a refusal proves nothing."""

    probes: tuple[Probe, ...]
    login_works: bool
    control_works: bool
    problems: tuple[str, ...] = ()


def parse_probes(raw: Any, where: str = "probes") -> ProbeSet:
    """Read a probe set. Raises InputError with the position of what cannot be used."""
    if not isinstance(raw, Mapping):
        raise InputError("a probe set is a mapping", where=where, why=f"got {str(raw)[:60]!r}")
    for key in raw:
        if key not in KEYS:
            raise InputError(f"unknown key {str(key)[:40]!r}", where=where, todo=did_you_mean(str(key), KEYS))
    for key in ("login", "control"):
        if not raw.get(key):
            raise InputError(f"{key} is missing", where=where, why="without a rightful request a refusal proves nothing")
    csrf = raw.get("csrf")
    steps = {key: parse_steps(raw[key], f"{where}.{key}", csrf) if raw.get(key) else () for key in LISTS}
    if steps["forged"] and not any(step.csrf for step in steps["control"]):
        raise InputError(
            "no control request carries the CSRF token",
            where=where,
            todo="give csrf: {cookie, header} and an unsafe control request",
        )
    refusals = tuple(raw.get("refusals") or REFUSALS)
    if not all(isinstance(status, int) and 300 <= status <= 499 for status in refusals):
        raise InputError(f"{list(refusals)} are no refusals", where=where, todo="write statuses from 300 to 499")
    defaults = next((step.csrf for step in steps["control"] if step.csrf), None)
    return ProbeSet(csrf=defaults, refusals=refusals, **steps)


def probe_measurements(result: ProbeResult, source: str) -> list[dict[str, Any]]:
    """security.*. Where the rightful request was not taken, nothing is said: the gate then has no data."""
    facts: list[dict[str, Any]] = []
    for kind, known in (("csrf", result.control_works), ("auth", result.login_works)):
        probes = [probe for probe in result.probes if probe.kind == kind]
        if not known or not probes:
            continue
        accepted = [probe for probe in probes if not probe.refused]
        facts.append(measurement(f"security.{kind}_probes", len(probes), "count", source=source, detail=_texts(probes)))
        facts.append(measurement(f"security.{kind}_accepted", len(accepted), "count", source=source, detail=_texts(accepted)))
    return facts


def _texts(probes: Sequence[Probe]) -> list[str]:
    return [str(probe) for probe in probes]
