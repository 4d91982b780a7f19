# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what happened in the browser to measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Optional

from ..measurement import measurement
from .browser_watch import ConsoleError, FailedRequest


@dataclass(frozen=True)
class StepResult:
    """How one step ended: seconds taken, the page it ended on, the picture of it, and what was wrong (empty: nothing)."""

    title: str
    ok: bool
    seconds: float
    page: str = ""
    picture: str = ""
    error: str = ""


@dataclass(frozen=True)
class JourneyResult:
    """How a journey ended; `not_begun` says why it could not even start."""

    name: str
    steps: tuple[StepResult, ...]
    not_begun: str = ""
    cleanup: tuple[StepResult, ...] = ()

    @property
    def failures(self) -> list[str]:
        """What failed. A clean-up that fails counts where the journey itself went well: something was left behind."""
        if self.not_begun:
            return [self.not_begun]
        failed = [step for step in self.steps if not step.ok]
        return [f"{step.title}: {step.error}" for step in failed or [step for step in self.cleanup if not step.ok]]


@dataclass(frozen=True)
class BrowserResult:
    """What a run in one browser showed: journeys, complaints, the pages seen, load times in seconds by page.

    `foreign` are addresses asked that are led nowhere, None where the browser was not led.
    """

    engine: str
    version: str
    journeys: tuple[JourneyResult, ...]
    console: tuple[ConsoleError, ...] = ()
    requests: tuple[FailedRequest, ...] = ()
    pages: tuple[str, ...] = ()
    loads: Mapping[str, Sequence[float]] = field(default_factory=dict)
    foreign: Optional[tuple[str, ...]] = None


def journey_measurements(result: BrowserResult, stage: str = "") -> list[dict[str, Any]]:
    """journey.*, browser.* and page.load of a run; a `stage` (preview) becomes a label."""
    source = f"{result.engine} {result.version}"
    staged = {"stage": stage} if stage else {}
    facts = []
    for journey in result.journeys:
        labels, failures = {"journey": journey.name, **staged}, journey.failures
        done = len(journey.steps) + len(journey.cleanup)
        facts.append(measurement("journey.steps", done, "count", labels, source))
        facts.append(measurement("journey.failed", len(failures), "count", labels, source, failures))
    facts.append(measurement("browser.pages", len(result.pages), "count", staged, source, detail=sorted(result.pages)))
    facts.append(_counted("browser.console_errors", result.console, staged, source))
    facts.append(_counted("browser.failed_requests", result.requests, staged, source))
    if result.foreign is not None:
        facts.append(_counted("browser.foreign_hosts", result.foreign, staged, source))
    for page, seconds in sorted(result.loads.items()):
        facts.append(measurement("page.load", round(median(seconds), 4), "s", {"page": page, **staged}, source))
    return facts


def engine_measurements(result: BrowserResult) -> list[dict[str, Any]]:
    """browser.engine_steps and browser.engine_failed: the same journeys, told apart by engine."""
    labels, source = {"engine": result.engine}, f"{result.engine} {result.version}"
    failures = [f"{journey.name}: {text}" for journey in result.journeys for text in journey.failures]
    done = sum(len(journey.steps) for journey in result.journeys)
    return [
        measurement("browser.engine_steps", done, "count", labels, source),
        measurement("browser.engine_failed", len(failures), "count", labels, source, failures),
    ]


def _counted(sli: str, found: Sequence[Any], labels: Mapping[str, str], source: str) -> dict[str, Any]:
    return measurement(sli, len(found), "count", labels, source, detail=[str(entry) for entry in found])
