# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.job_schedule import Job, standings
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_lines import WIDTH, head_line, value_line

STATUS = {
    "finished": False,
    "running": True,
    "elapsed_seconds": 7800.0,
    "duration_seconds": 86400.0,
    "remaining_seconds": 78600.0,
    "coverage": 0.999,
}
JOBS = [Job("e2e", 7200, 7200), Job("vitals", 3600, 3600)]
ALERTS = {"rules": 7, "open": 1, "fired": 3}


def outcome(name, value, limit, unit, distance, status="PASS"):
    return {"id": f"soak.{name}", "value": value, "limit": limit, "unit": unit, "distance": distance, "status": status}


def test_the_first_line_says_how_far_it_is_what_fires_and_what_comes_next():
    line = head_line(STATUS, ALERTS, standings(JOBS, 86400, 7800, {"e2e": [0], "vitals": [0]}))
    assert line == "soak 2h10m of 24h00m, 21h50m left | coverage 100 % | 1 alert open, 3 so far | vitals now, e2e in 1h50m; 0 missed"


def test_what_was_missed_is_on_every_line():
    assert "vitals now, e2e in 1h50m; 1 missed" in head_line(STATUS, ALERTS, standings(JOBS, 86400, 7800, {"e2e": [0]}))


def test_as_long_as_nothing_fired_the_line_says_so_in_three_words():
    assert "| no alert so far |" in head_line(STATUS, {"rules": 7, "open": 0, "fired": 0}, standings(JOBS, 86400, 7800, {}))


def test_without_rules_and_jobs_the_line_is_short():
    assert head_line(STATUS, {"rules": 0, "open": 0, "fired": 0}, []) == "soak 2h10m of 24h00m, 21h50m left | coverage 100 %"


def test_an_agent_that_is_gone_is_told():
    assert head_line({**STATUS, "running": False}, ALERTS, []).endswith("THE AGENT IS NOT RUNNING")


def test_values_stand_beside_their_limits_what_is_broken_first_then_what_is_nearest():
    line = value_line(
        [
            outcome("cpu", 31.123456, "< 70 pct", "pct", 38.9),
            outcome("db_connections", 19.0, "< 20", "count", 1.0),
            outcome("restarts", 2.0, "== 0", "count", -2.0, "FAIL"),
            outcome("duration", 100.0, ">= 24 h", "s", -3.0, "FAIL"),
            outcome("p95", None, "<= 5 s", "s", None, "INCONCLUSIVE"),
        ]
    )
    assert line == "!restarts 2 (== 0) | db_connections 19 (< 20) | cpu 31.12 (< 70 pct)"


def test_a_line_is_never_wider_than_the_terminal_and_tells_whole_values():
    line = value_line([outcome(f"criterion_{number}", 1.0, "< 2 pct", "pct", 1.0) for number in range(40)])
    assert len(line) <= WIDTH
    assert line.endswith("(< 2 pct)")
