# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Making health checks: ask, wait, ask again what failed, until all pass or the time is over."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Callable

from ...core.errors import CommandError, ServiceError
from ...core.eyes.api_journey import without_secrets
from ...core.eyes.health_check import Check, CheckResult, ExecCheck, HttpCheck, JourneyCheck, container_query
from ..system.command import Runner, run
from ..web.http_session import HttpSession, split_url
from .journey import walk


class HealthProbe:
    """Makes checks; the runner of commands, the clock and the sleep are parameters."""

    def __init__(
        self,
        secrets: Mapping[str, str],
        request_timeout: float = 5.0,
        runner: Runner = run,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._secrets = secrets
        self._request_timeout = request_timeout
        self._runner = runner
        self._clock = clock
        self._sleep = sleep

    def until_passed(self, checks: Sequence[Check], timeout: float, interval: float) -> list[CheckResult]:
        """Try every check until it passes or `timeout` seconds are over. At least one try is made of each."""
        started = self._clock()
        open_checks = list(enumerate(checks))
        results: dict[int, CheckResult] = {}
        tries = 0
        while True:
            tries += 1
            for number, check in open_checks:
                failures = self._failures(check)
                results[number] = CheckResult(check.name, check.component, failures, self._clock() - started, tries)
            open_checks = [(number, check) for number, check in open_checks if not results[number].ok]
            if not open_checks or self._clock() - started + interval > timeout:
                return [results[number] for number in sorted(results)]
            self._sleep(interval)

    def _failures(self, check: Check) -> tuple[str, ...]:
        try:
            if isinstance(check, HttpCheck):
                found = self._http(check)
            elif isinstance(check, ExecCheck):
                found = self._exec(check)
            else:
                found = self._journey(check)
        except (ServiceError, CommandError) as error:
            found = [f"{check.name}: {error.why or error.what}"]
        return tuple(without_secrets(text, self._secrets) for text in found)

    def _http(self, check: HttpCheck) -> list[str]:
        base, path = split_url(check.url)
        with HttpSession(base, self._request_timeout) as session:
            reply = session.request("GET", path)
        found = []
        if reply.status != check.status:
            found.append(f"{check.name}: answered {reply.status} instead of {check.status}")
        if check.contains and check.contains not in reply.text:
            found.append(f"{check.name}: the answer does not contain {check.contains!r}")
        return found

    def _exec(self, check: ExecCheck) -> list[str]:
        listed = self._runner(container_query(check), timeout=self._request_timeout * 2)
        ids = listed.stdout.split()
        if not listed.ok:
            return [f"{check.name}: the engine does not answer: {listed.stderr.strip()[-200:]}"]
        if not ids:
            return [f"{check.name}: no running container {check.container or f'of service {check.service} in {check.project}'}"]
        found = []
        for container in ids:
            done = self._runner(["docker", "exec", container, *check.command], timeout=self._request_timeout * 2)
            if not done.ok:
                said = (done.stderr.strip() or done.stdout.strip())[-300:]
                found.append(f"{check.name}: exit code {done.rc}: {said}")
            elif check.contains and check.contains not in done.stdout:
                found.append(f"{check.name}: it said {done.stdout.strip()[:100]!r}, without {check.contains!r}")
        return found

    def _journey(self, check: JourneyCheck) -> list[str]:
        with HttpSession(check.base_url, self._request_timeout) as session:
            results = walk(session, check.steps, self._secrets, {"unique": f"{time.time_ns():x}"})
        return [f"{check.name}: {text}" for result in results for text in result.failures]
