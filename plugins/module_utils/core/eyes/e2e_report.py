# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The result of the application's own end-to-end suite."""

from __future__ import annotations

from typing import Any, Optional

from ..measurement import measurement
from ..sources.junit import TestResults


def e2e_measurements(suite: str, report: Optional[TestResults], exit_code: int, said: str, source: str) -> list[dict[str, Any]]:
    """tests.* of the suite. Without a report nothing ran, and nothing is said about passed and failed.

    A suite that ends badly although none of its cases failed broke outside them: that is one failure.
    """
    labels = {"suite": suite}
    if report is None or not report.run:
        return [measurement("tests.run", 0, "count", labels, source, [f"exit code {exit_code}", *said.strip().splitlines()[-10:]])]
    failures = list(report.failures)
    failed = report.failed
    if exit_code and not failed:
        failed, failures = 1, [f"the suite ended with exit code {exit_code} although no case failed"]
    return [
        measurement("tests.run", report.run, "count", labels, source),
        measurement("tests.passed", report.passed, "count", labels, source),
        measurement("tests.failed", failed, "count", labels, source, failures),
        measurement("tests.skipped", report.skipped, "count", labels, source),
    ]
