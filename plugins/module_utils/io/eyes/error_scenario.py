# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Going through error scenarios on the running stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Callable, Optional

from ...core.errors import ServiceError
from ...core.eyes.api_journey import Step, failures_of, prepare, without_secrets
from ...core.eyes.browser_journey import Journey
from ...core.eyes.error_scenario import Scenario, ScenarioResult, unclean, unhealthy
from ...core.eyes.journey_report import JourneyResult
from ..engine.docker_cli import Engine
from ..system import clock as machine
from ..web.http_session import HttpSession
from .outage import Outages

WalkJourneys = Callable[[Sequence[Journey]], Sequence[JourneyResult]]


@dataclass(frozen=True)
class ScenarioOptions:
    """`within_seconds`: how long an answer may take to become the expected one. `repair_seconds`: how long healing may take."""

    base_url: str
    secrets: Mapping[str, str] = field(default_factory=dict)
    projects: tuple[str, ...] = ()
    recovered: tuple[Step, ...] = ()
    within_seconds: float = 15.0
    repair_seconds: float = 90.0
    request_seconds: float = 15.0


class ScenarioRun:
    """Scenarios one after the other; between two of them the stack is whole again, or the row ends there."""

    def __init__(
        self,
        options: ScenarioOptions,
        outages: Outages,
        engine: Engine,
        walk_journeys: WalkJourneys,
        clock: machine.Clock = machine.now,
        sleep: machine.Sleep = machine.sleep,
    ) -> None:
        self.options = options
        self.outages = outages
        self.engine = engine
        self.walk_journeys = walk_journeys
        self._clock = clock
        self._sleep = sleep

    def scenarios(self, scenarios: Sequence[Scenario]) -> tuple[list[ScenarioResult], list[str]]:
        """The results, and what is still broken after the last repair. A broken stack is not broken further."""
        results = []
        unrepaired = self.unrepaired()
        for scenario in scenarios:
            if unrepaired:
                break
            results.append(self._scenario(scenario))
            unrepaired = self.unrepaired()
        return results, unrepaired

    def unrepaired(self) -> list[str]:
        """Wait until every container is healthy and the recovery checks pass; what is still wrong when the time is over."""
        end = self._clock() + self.options.repair_seconds
        while True:
            wrong = self._wrong()
            if not wrong or self._clock() >= end:
                return wrong
            self._sleep(1.0)

    def _wrong(self) -> list[str]:
        wrong = []
        for project in self.options.projects:
            found = self.engine.containers(project)
            wrong += unhealthy(found) if found else [f"project {project} has no containers"]
        # Containers first: an application cannot answer well before they are.
        return wrong or [text for step in self.options.recovered for text in self._asked_once(step, self.options.base_url)]

    def _scenario(self, scenario: Scenario) -> ScenarioResult:
        base_url = scenario.base_url or self.options.base_url
        failures: list[str] = []
        checks = len(scenario.steps)
        with self.outages.without(scenario.stop, scenario.name):
            for step in scenario.steps:
                failures += self._asked(step, base_url)
            if scenario.journeys:
                for journey in self.walk_journeys(scenario.journeys):
                    checks += max(1, len(journey.steps))
                    failures += [f"{journey.name}: {text}" for text in journey.failures]
        return ScenarioResult(scenario.name, checks, tuple(failures))

    def _asked(self, step: Step, base_url: str) -> list[str]:
        """The failures of a check, asked again until it passes or its time is over: an outage is not seen at once."""
        end = self._clock() + self.options.within_seconds
        while True:
            failures = self._asked_once(step, base_url)
            if not failures or self._clock() >= end:
                return failures[:1]
            self._sleep(0.5)

    def _asked_once(self, step: Step, base_url: str) -> list[str]:
        request = prepare(step, {}, self.options.secrets, {})
        session = HttpSession(base_url, self.options.request_seconds)
        try:
            reply = session.request(request.method, request.path, request.headers, request.body)
        except ServiceError as error:
            return [f"{step.name}: {error.why or error.what}"]
        finally:
            session.close()
        found = failures_of(step, reply.status, reply.text) + [f"{step.name}: {text}" for text in unclean(reply.text)]
        return [without_secrets(text, self.options.secrets) for text in found]


def no_browser(_journeys: Sequence[Journey]) -> Sequence[JourneyResult]:
    """For scenarios without journeys: no browser is started."""
    return ()


def projects_of(application: str, active: Optional[str]) -> tuple[str, ...]:
    """The projects that must be healthy: data, and the active colour where there is one."""
    return (f"{application}-data",) + ((active,) if active else ())
