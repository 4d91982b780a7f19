# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How often the judge is wrong about synthetic soaks: the page keeps the bars, and a few of its soaks are judged again."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.proof import soak_table
from ansible_collections.proofile.stagegate.plugins.module_utils.core.proof.soak_library import HEALTHY, LATENCIES, SHAPES, soak_of

ROOT = Path(__file__).resolve().parents[4]
PAGE = ROOT / "docs/soak_statistics.md"
FALSE_ALARMS_MOST = 2


def rows(name: str) -> dict[str, dict[str, list[int]]]:
    """The cells of a table of the page: kind, then length, then percent FAIL/INC/PASS or FAIL/INC/WARN/PASS."""
    text = PAGE.read_text().split(f"<!-- {name}:", 1)[1].split(f"<!-- /{name} -->", 1)[0]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return {line[0]: {hours: [int(part) for part in cell.split("/")] for hours, cell in zip(lines[0][1:], line[1:])} for line in lines[2:]}


def test_the_page_has_every_kind_and_length() -> None:
    growth, drift = rows("growth"), rows("drift")
    assert (list(growth), list(drift)) == (list(SHAPES), list(LATENCIES))
    assert all(list(cells) == [f"{hours:g} h" for hours in soak_table.GROWTH_HOURS] for cells in growth.values())
    assert all(97 <= sum(cell) <= 103 for table in (growth, drift) for cells in table.values() for cell in cells.values())


@pytest.mark.parametrize("kind", HEALTHY)
def test_no_healthy_soak_is_called_a_leak(kind: str) -> None:
    assert max(cell[0] for cell in rows("growth")[kind].values()) <= FALSE_ALARMS_MOST


def test_too_short_a_soak_decides_nothing() -> None:
    assert all(cells[hours] == [0, 100, 0] for cells in rows("growth").values() for hours in ("1 h", "2 h"))


def test_a_saw_tooth_of_three_hours_is_not_called_a_leak_before_three_of_them_were_seen() -> None:
    cells = rows("growth")["saw-tooth 3 h"]
    assert all(cells[hours][1] + cells[hours][2] >= 95 for hours in ("4 h", "8 h", "24 h", "48 h"))


@pytest.mark.parametrize("kind", ["leak 10 pct/h", "leak 10 pct/h + saw 20 min", "leak 10 pct/h + saw 3 h"])
@pytest.mark.parametrize("hours", ["24 h", "48 h"])
def test_every_leak_of_ten_percent_an_hour_is_found_in_a_day(kind: str, hours: str) -> None:
    assert rows("growth")[kind][hours][0] == 100


def test_no_leak_over_the_limit_passes() -> None:
    leaks = [cells for kind, cells in rows("growth").items() if "leak 10" in kind]
    assert len(leaks) == 4
    assert max(cell[2] for cells in leaks for cell in cells.values()) == 0


def test_healthy_soaks_pass_in_a_day() -> None:
    assert all(rows("growth")[kind]["24 h"][2] >= 98 for kind in HEALTHY)


def test_a_latency_that_only_wanders_is_not_called_slower_and_one_that_is_sixty_percent_slower_never_passes() -> None:
    drift = rows("drift")
    assert max(cell[0] for kind in ("steady", "busy minutes") for cell in drift[kind].values()) <= FALSE_ALARMS_MOST
    assert max(sum(cell[2:]) for cell in drift["60 pct slower"].values()) == 0
    assert min(drift[kind][hours][0] for kind in ("30 pct slower", "60 pct slower") for hours in ("24 h", "48 h")) >= 80


@pytest.mark.parametrize(
    ("kind", "hours", "wanted"),
    [
        ("flat", 4, {"PASS"}),
        ("noise", 24, {"PASS"}),
        ("saw-tooth 20 min", 4, {"PASS", "INCONCLUSIVE"}),
        ("saw-tooth 3 h", 4, {"INCONCLUSIVE", "PASS"}),
        ("saw-tooth 3 h", 24, {"PASS"}),
        ("warm-up", 8, {"PASS"}),
        ("leak 10 pct/h", 8, {"FAIL"}),
        ("leak 10 pct/h + saw 3 h", 24, {"FAIL"}),
        ("late leak 10 pct/h", 24, {"INCONCLUSIVE"}),
        ("leak 10 pct/h", 2, {"INCONCLUSIVE"}),
    ],
)
def test_what_the_page_says_comes_out_again(kind: str, hours: float, wanted: set[str]) -> None:
    shares = soak_table.growth_shares(kind, hours, 4, random.Random)
    named = dict(zip(soak_table.STATUSES, shares))
    assert {status for status, share in named.items() if share} <= wanted


def test_a_soak_of_two_days_at_five_seconds_is_judged_as_at_thirty() -> None:
    criterion = soak_table.read_criterion(soak_table.GROWTH, "soak", "c")
    dense = soak_of("leak 10 pct/h + saw 20 min", 48, 5.0, random.Random(1))
    assert len(dense) == 34561
    assert soak_table.status_of(criterion, dense) == "FAIL"


def test_the_same_seed_makes_the_same_soak() -> None:
    one, other = (soak_of("noise", 1, 30.0, random.Random("a")) for _number in range(2))
    assert one == other != soak_of("noise", 1, 30.0, random.Random("b"))


def test_the_requests_that_an_error_rate_needs_are_those_of_clopper_and_pearson() -> None:
    table = soak_table.errors_table(0.001, 0.95, (0, 1, 3, 10))
    assert table.splitlines()[2:] == ["| 0 | 2,995 |", "| 1 | 4,742 |", "| 3 | 7,752 |", "| 10 | 16,959 |"]
    assert table in PAGE.read_text()


def test_the_command_prints_all_three_tables() -> None:
    done = subprocess.run([sys.executable, ROOT / "scripts/soak_table.py", "--runs", "1"], capture_output=True, text=True, check=True)
    assert all(word in done.stdout for word in ("| memory |", "| latency |", "| errors |", "| late leak 10 pct/h |"))
