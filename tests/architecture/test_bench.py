"""What the benchmarks read off the terminal is what the terminal shows."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.report.console import task_line

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from bench.train import OWN_WORK, own_work


@pytest.mark.parametrize("name", OWN_WORK)
@pytest.mark.parametrize("seconds", [0.4, 12.0, 59.9, 60.0, 90.0, 3599.0])
def test_the_time_of_every_task_of_the_application_is_read(name: str, seconds: float) -> None:
    shown = task_line("✓", f"{name}, with a long explanation of what is looked at and why", seconds)
    assert own_work(shown) == pytest.approx(seconds, abs=0.5)


def test_the_time_of_another_task_is_not_counted() -> None:
    assert own_work(task_line("✓", "Record what was found", 5.0)) == 0
