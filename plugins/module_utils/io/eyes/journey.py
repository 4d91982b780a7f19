# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Walking an API journey on an HTTP session."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

from ...core.errors import ServiceError
from ...core.eyes.api_journey import Step, failures_of, prepare, saved_from, without_secrets
from ..web.http_session import HttpSession


@dataclass(frozen=True)
class StepResult:
    """How one step ended: status (None without an answer), seconds, and what was wrong (empty: nothing)."""

    name: str
    status: int | None
    seconds: float
    failures: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """True when there was an answer and it was the expected one."""
        return self.status is not None and not self.failures


def walk(
    session: HttpSession,
    steps: Sequence[Step],
    secrets: Mapping[str, str],
    saved: Mapping[str, Any] | None = None,
    observe: Callable[[StepResult], None] | None = None,
) -> list[StepResult]:
    """Do the steps in order and stop at the first that fails; `saved` are values known from the start (`unique`, ...).

    Failure texts never hold a secret. `observe` is called after each step.
    """
    known = dict(saved or {})
    results = []
    for step in steps:
        result, kept = _do(session, step, known, secrets)
        known.update(kept)
        results.append(result)
        if observe:
            observe(result)
        if not result.ok:
            break
    return results


def _do(session: HttpSession, step: Step, known: Mapping[str, Any], secrets: Mapping[str, str]) -> tuple[StepResult, dict[str, Any]]:
    started = time.monotonic()
    request = prepare(step, known, secrets, session.cookies.values)
    try:
        reply = session.request(request.method, request.path, request.headers, request.body)
    except ServiceError as error:
        said = without_secrets(f"{step.name}: {error.why or error.what}", secrets)
        return StepResult(step.name, None, time.monotonic() - started, (said,)), {}
    failures = tuple(without_secrets(text, secrets) for text in failures_of(step, reply.status, reply.text))
    return StepResult(step.name, reply.status, reply.seconds, failures), saved_from(step, reply.text)
