# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A soak of 48 hours on a clock of ours, through the files of a real one."""

from __future__ import annotations

import os

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_plan import digest
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_alerts import AlertFollower
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_files import soak_folder
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_jobs import JobJournal
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_store import TICK, SoakStore
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_watch import SoakWatch
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.files import write_json
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.process_lock import Lock

START, HOUR = 1_800_000_000.0, 3600.0
RUN = "r-20261123T101500Z-1a2b3c4d5e6f"
PLAN = {"run": RUN, "duration_seconds": 48 * HOUR, "interval_seconds": 60, "slow_seconds": 60, "projects": ["shop"]}
JOBS = [{"name": "e2e", "every_seconds": 7200}, {"name": "vitals", "every_seconds": 3600}]
GATE = {
    "requires": ["smoke"],
    "criteria": [
        {"id": "soak.duration", "sli": "soak.duration", "pass": ">= 48 h", "key": True},
        {"id": "soak.coverage", "sli": "soak.coverage", "pass": ">= 95 pct", "key": True},
        {"id": "soak.cpu", "sli": "host.cpu", "agg": "p(95)", "pass": "< 70 pct", "alert": "> 80 pct for 5 min"},
        {"id": "soak.restarts", "sli": "container.restarts", "each": "container", "pass": "== 0 count"},
        {"id": "soak.alerts", "sli": "soak.alerts", "agg": "sum", "pass": "<= 1 count"},
        {"id": "soak.jobs_missed", "sli": "soak.jobs_missed", "agg": "sum", "pass": "<= 6 count"},
    ],
}
WATCH = {
    "application": "shop",
    "run": RUN,
    "release": "1a2b3c4d5e6f",
    "phase": "soak",
    "gate": GATE,
    "jobs": JOBS,
    "fail_early": True,
    "alerts": {"policy": "staging", "step_seconds": 60},
}


class Soak:
    """The folder of a soak that our clock drives."""

    def __init__(self, state_dir):
        self.state_dir, self.now = str(state_dir), START
        self.folder = soak_folder(self.state_dir, RUN)
        os.makedirs(self.folder.path)
        write_json(self.folder.file("plan.json"), {"plan": PLAN, "digest": digest(PLAN)})
        self.store = SoakStore(self.folder.file("samples.sqlite"))
        self.store.append([], started_at=START)
        self.watch().set(WATCH, {})

    def watch(self):
        """Another controller: it knows nothing but the folder."""
        return SoakWatch(self.folder, self.state_dir, lambda: self.now)

    def until(self, hours, cpu=0.3, restarts=0):
        """Let time pass, sampled every minute."""
        rows = []
        while self.now < START + hours * HOUR:
            offset = self.now - START
            rows += [(TICK, {}, self.now, offset), ("host.cpu", {}, self.now, cpu)]
            rows += [("container.restarts", {"container": "web"}, self.now, float(restarts))]
            self.now += 60.0
        self.store.append(rows)

    def journal(self):
        return JobJournal(self.folder, lambda: self.now)


@pytest.fixture
def soak(tmp_path):
    made = Soak(tmp_path)
    with made.store:
        yield made


def test_a_controller_that_was_away_comes_back_to_what_is_due_and_to_what_was_missed(soak):
    soak.until(2)
    found = soak.watch().look()
    assert found["due"] == [{"name": "e2e", "slot": 0}, {"name": "vitals", "slot": 1}]
    for job in found["due"]:
        soak.journal().append("ended", job["name"], job["slot"])
    soak.until(8.5)
    found = soak.watch().look()
    assert found["due"] == [{"name": "e2e", "slot": 3}, {"name": "vitals", "slot": 7}]
    assert found["missed"] == 2 + 6  # e2e at 4 and 6 h; vitals at 1, 3, 4, 5, 6, 7 h
    assert found["rounds"] == 2 + 39  # from 9 to 47 h, now, and the end
    assert "8 missed" in found["lines"][0]
    # More were missed than the policy lets pass, and they stay missed.
    assert found["lost"] == ["soak.jobs_missed can no longer pass: sum of soak.jobs_missed will be at least 8 at the end, must be <= 6"]


def test_whoever_looks_sees_the_same(soak):
    soak.until(3)
    first, second = soak.watch().look(), soak.watch().look(follow=False)
    assert first == second


def test_an_alert_between_two_looks_is_found_with_its_times(soak):
    soak.until(1)
    soak.until(1.5, cpu=0.95)
    soak.until(10)
    found = soak.watch().look()
    (incident,) = found["incidents"]
    assert (incident["name"], incident["fired_at"] - START, incident["resolved_at"] - START) == ("soak.cpu", 3960.0, 5460.0)
    assert found["alerts"] == {"open": 0, "fired": 1, "rules": 1, "firing": []}
    assert soak.watch().look()["incidents"] == [incident]


def test_a_quiet_soak_is_not_given_up_and_one_with_a_restart_is(soak):
    soak.until(1)
    assert soak.watch().look()["lost"] == []
    soak.until(1.1, restarts=1)
    (loss,) = soak.watch().look()["lost"]
    assert loss.startswith("soak.restarts can no longer pass: container.restarts of container web")


def test_a_policy_that_waits_to_the_end_is_obeyed(soak):
    soak.watch().set({**WATCH, "fail_early": False}, {})
    soak.until(1, restarts=1)
    assert soak.watch().look()["lost"] == []


def test_what_somebody_answers_for_ends_no_soak(soak):
    soak.watch().set({**WATCH, "waived": ["soak.restarts"]}, {})
    soak.until(1, restarts=1)
    assert soak.watch().look()["lost"] == []


def test_who_only_asks_writes_nothing(soak):
    soak.until(1, cpu=0.95)
    before = sorted(os.listdir(soak.folder.path))
    soak.watch().look(follow=False)
    assert sorted(os.listdir(soak.folder.path)) == before
    assert "alerts.json" not in before


def test_two_who_look_at_once_do_not_tell_twice(soak):
    soak.until(1, cpu=0.95)
    busy = Lock(soak.folder.file("alerts.lock"))
    assert busy.take()
    follower = AlertFollower(soak.folder, lambda: soak.now, lambda _seconds: busy.release())
    assert len(follower.follow().incidents) == 1
    assert follower.undelivered() == 0


def test_when_all_is_told_the_addresses_are_removed(soak):
    soak.watch().set(WATCH, {"webhook_url": "http://127.0.0.1:9/secret"})
    soak.until(48)
    write_json(soak.folder.file("DONE"), {"ended_at": soak.now, "reason": "deadline"})
    found = soak.watch().look()
    assert found["finished"] and found["due"] == []
    assert not soak.folder.has("notify.json")


def test_a_soak_of_48_hours_with_every_job_run_misses_none(soak):
    for half_hour in range(1, 97):
        soak.until(half_hour / 2)
        watch = soak.watch()
        for job in watch.look(follow=False)["due"] if half_hour % 2 == 0 else []:
            soak.journal().append("begun", job["name"], job["slot"])
            soak.journal().append("ended", job["name"], job["slot"])
    write_json(soak.folder.file("DONE"), {"ended_at": soak.now, "reason": "deadline"})
    found = soak.watch().look()
    assert [(each["name"], each["done"], each["missed"]) for each in found["jobs"]] == [("e2e", 23, 0), ("vitals", 47, 0)]


def test_a_job_that_was_only_begun_is_due_again(soak):
    soak.until(2)
    soak.journal().append("begun", "e2e", 0)
    assert {"name": "e2e", "slot": 0} in soak.watch().look()["due"]


def test_the_journal_survives_a_torn_line(soak):
    journal = soak.journal()
    journal.append("ended", "e2e", 0, 2)
    with open(soak.folder.file("jobs.jsonl"), "a", encoding="ascii") as stream:
        stream.write('{"event": "ended", "job": "e2')
    journal.append("ended", "e2e", 1, 1)
    journal.append("ended", "e2e", 1, 0)
    assert (journal.done(), journal.failures()) == ({"e2e": {0, 1}}, {"e2e": 2})
    assert [line["slot"] for line in journal.lines()] == [0, 1, 1]


def test_no_soak_is_told_with_what_to_do(tmp_path):
    folder = soak_folder(str(tmp_path), RUN)
    with pytest.raises(InputError, match="start it first"):
        SoakWatch(folder, str(tmp_path)).set(WATCH, {})
    with pytest.raises(InputError, match="start it first"):
        JobJournal(folder, lambda: START).append("begun", "e2e", 0)


@pytest.mark.parametrize(
    "watch",
    [{**WATCH, "jobs": [{"name": "e2e"}]}, {**WATCH, "gate": {"criteria": []}}, {**WATCH, "alert": {}}, {**WATCH, "alerts": {"fo": 1}}],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_written(soak, watch):
    before = soak.folder.json("watch.json")
    with pytest.raises(InputError):
        soak.watch().set(watch, {})
    assert soak.folder.json("watch.json") == before
