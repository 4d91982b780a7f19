# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs, phases and releases, as the ledger tells them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core import times
from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError, InputError, LedgerError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger import releases, runs
from ansible_collections.proofile.stagegate.plugins.module_utils.core.report import history


def opened(book: Any) -> Any:
    book.add("run", "", {"commit": book.run["commit"], "policy_digest": book.run["policy_digest"], "gates_digest": "g"})
    return book


def resumed(book: Any, **other: str) -> str | None:
    wanted = {**book.run, **other}
    return runs.open_run(book.entries, wanted["commit"], wanted["policy"], wanted["policy_digest"])


def test_an_open_run_of_the_same_commit_and_policy_is_resumed(book: Any) -> None:
    assert resumed(opened(book)) == book.run["id"]


@pytest.mark.parametrize("other", [{"commit": "f" * 40}, {"policy": "staging"}, {"policy_digest": "1" * 64}])
def test_another_commit_or_policy_is_another_run(book: Any, other: dict[str, str]) -> None:
    assert resumed(opened(book), **other) is None


def test_a_newer_run_closes_an_older_one(book: Any) -> None:
    opened(book).add("run", "", {"commit": "f" * 40}, id="r-20261123T111500Z-ffffffffffff", release="ffffffffffff")
    assert resumed(book) is None


def test_only_a_decision_go_closes_a_run(book: Any) -> None:
    opened(book).add("decision", "decision", {"decision": "NO-GO"})
    assert resumed(book) == book.run["id"]
    book.add("decision", "decision", {"decision": "GO"})
    assert resumed(book) is None


def test_a_run_id_is_never_given_twice(book: Any) -> None:
    moment = times.unix_seconds("2026-11-23T10:15:00.000Z")
    assert runs.new_run_id([], moment, book.run["commit"]) == book.run["id"]
    assert runs.new_run_id(opened(book).entries, moment, book.run["commit"]) == "r-20261123T101501Z-1a2b3c4d5e6f"


def verdicts(book: Any) -> dict[str, str]:
    return {phase: state.verdict for phase, state in runs.phase_states(book.entries, book.run["id"]).items()}


def test_a_phase_is_running_until_it_is_judged(book: Any) -> None:
    book.start("build")
    assert verdicts(book) == {"build": "RUNNING"}
    book.gate("build", "HOLD")
    assert verdicts(book) == {"build": "HOLD"}
    book.start("build")
    assert verdicts(book) == {"build": "RUNNING"}
    assert runs.phase_states(book.entries, book.run["id"])["build"].attempt == 2


def test_a_verdict_that_nobody_knows_is_an_error_and_no_go(book: Any) -> None:
    book.gate("build", "go")
    assert verdicts(book) == {"build": "ERROR"}


def test_a_go_is_outdated_when_anything_below_it_is_begun_again(book: Any) -> None:
    for phase, requires in (("build", ()), ("deploy", ("build",)), ("smoke", ("deploy",))):
        book.start(phase, *requires)
        book.gate(phase, "GO")
    assert set(verdicts(book).values()) == {"GO"}
    book.start("build")
    assert verdicts(book) == {"build": "RUNNING", "deploy": "OUTDATED", "smoke": "OUTDATED"}
    book.gate("build", "GO")
    assert verdicts(book) == {"build": "GO", "deploy": "OUTDATED", "smoke": "OUTDATED"}
    assert runs.missing_requirements(runs.phase_states(book.entries, book.run["id"]), ["deploy", "soak"]) == [
        ("deploy", "OUTDATED"),
        ("soak", "NEVER"),
    ]


def test_the_duration_of_a_phase_is_from_its_last_start_to_its_verdict(book: Any) -> None:
    book.start("build")
    book.start("build")
    book.measure("build", "build.warnings", 0, "count")
    book.gate("build", "GO")
    assert runs.phase_states(book.entries, book.run["id"])["build"].seconds == 2


def test_the_next_phase_is_the_first_without_go(book: Any) -> None:
    book.gate("preflight", "GO")
    assert runs.next_phase(runs.phase_states(book.entries, book.run["id"])) == "manual_qa"


@pytest.mark.parametrize("field", ["id", "release", "commit", "policy", "policy_digest", "state_dir"])
@pytest.mark.parametrize("value", [None, "", 7, "../..", "{{ x }}"])
def test_a_run_dict_with_a_wrong_field_is_refused_by_name(book: Any, field: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"no usable {field}"):
        runs.check_run({**book.run, field: value})


def test_release_and_commit_must_belong_together(book: Any) -> None:
    with pytest.raises(InputError, match="do not belong together"):
        runs.check_run({**book.run, "release": "ffffffffffff"})


def test_a_run_id_ends_with_its_release(book: Any) -> None:
    with pytest.raises(InputError, match="no run of release"):
        runs.check_run({**book.run, "id": "r-20261123T101500Z-ffffffffffff"})


def test_the_run_keeps_its_token(book: Any) -> None:
    assert runs.check_run(book.run) == book.run
    assert runs.check_run({**book.run, "token": 7, "other": 1}) == {**book.run, "token": 7}
    assert runs.check_run({**book.run, "token": None}) == book.run


def test_the_newest_start_is_that_of_the_run(book: Any) -> None:
    assert runs.newest_start(opened(book).entries, book.run["id"]) is None
    own = book.start("build")
    other = book.add("phase", "soak", {"event": "started"}, id=OTHER_ID, release="ffffffffffff")
    book.gate("build", "GO")
    book.add("phase", "soak", {"event": "something else"})
    assert runs.newest_start(book.entries, book.run["id"]) is own
    assert runs.newest_start(book.entries, OTHER_ID) is other


def test_only_another_runs_start_of_a_phase_that_changes_the_host_is_a_change(book: Any) -> None:
    book.start("deploy")
    book.add("phase", "build", {"event": "started"}, id=OTHER_ID, release="ffffffffffff")
    assert runs.newest_change(book.entries, book.run["id"]) is None
    for phase in ("deploy", "drill", "rollback"):
        change = book.add("phase", phase, {"event": "started"}, id=OTHER_ID, release="ffffffffffff")
        book.add("evidence", phase, {}, id=OTHER_ID, release="ffffffffffff")
        assert runs.newest_change(book.entries, book.run["id"]) is change


def test_only_the_token_of_the_newest_start_may_write(book: Any) -> None:
    start = book.start("build")
    runs.check_token(None, start)
    runs.check_token(1, start)
    runs.check_token(None, None)
    again = book.start("build")
    with pytest.raises(LedgerError, match=r"phase build of run r-20261123T101500Z-1a2b3c4d5e6f at 2026-11-23T12:00:01.000Z \(entry 2\)"):
        runs.check_token(1, again)
    for newest in (start, None):
        with pytest.raises(LedgerError, match="not of this run"):
            runs.check_token(2, newest)


def test_nothing_is_found_out_about_the_host_once_another_run_changes_it(book: Any) -> None:
    start = book.start("soak")
    change = book.add("phase", "deploy", {"event": "started"}, id=OTHER_ID, release="ffffffffffff")
    for phase in ("preflight", "manual_qa", "build", "decision", ""):
        runs.check_token(1, start, change, {phase})
    for phase in ("deploy", "smoke", "soak", "validate", "rollback", "drill"):
        with pytest.raises(LedgerError, match=r"phase deploy of run r-20261123T111500Z-ffffffffffff began .* \(entry 2\)"):
            runs.check_token(1, start, change, {"build", phase})
        runs.check_token(3, {**start, "seq": 3}, change, {phase})


def test_a_run_is_judged_by_one_policy(book: Any) -> None:
    runs.check_same_policy(opened(book).entries, book.run["id"], "gates", "g")
    with pytest.raises(InputError, match="not the one under which the run was opened"):
        runs.check_same_policy(book.entries, book.run["id"], "gates", "other")
    with pytest.raises(InputError, match="does not know run"):
        runs.check_same_policy([], book.run["id"], "gates", "g")


OTHER_ID = "r-20261123T111500Z-ffffffffffff"
HEX = {name: f"00000000{name[1]}{name[1]}a0" for name in ("v1", "v2", "v3")}
NAMES = {release: name for name, release in HEX.items()}


class TestReleases:
    """The history and the target of a rollback."""

    def tell(self, book: Any, *states: str) -> list[releases.Release]:
        for item in states:
            release, state = item.split()
            release = HEX[release]
            book.add("release", "deploy", {"release": release, "state": state, "images": {"backend": f"sha256:{release}"}})
        return releases.release_history(book.entries)

    def target(self, book: Any, current: str, *states: str) -> str:
        found = releases.rollback_target(self.tell(book, *states), HEX[current])
        return NAMES[found.release] if found else ""

    def test_the_target_is_the_last_verified_release_and_not_the_one_before(self, book: Any) -> None:
        assert self.target(book, "v3", "v1 deployed", "v1 verified", "v2 deployed", "v3 deployed") == "v1"

    def test_the_release_verified_last_is_taken(self, book: Any) -> None:
        assert self.target(book, "v3", "v2 verified", "v1 verified", "v3 deployed") == "v1"

    def test_a_bad_or_rolled_back_release_is_no_target(self, book: Any) -> None:
        assert self.target(book, "v3", "v1 verified", "v2 verified", "v2 bad") == "v1"
        assert self.target(book, "v3", "v1 rolled_back") == ""

    def test_a_release_proved_again_is_a_target_again(self, book: Any) -> None:
        assert self.target(book, "v3", "v1 verified", "v1 rolled_back", "v1 deployed", "v1 soaked") == "v1"

    def test_the_current_release_is_no_target(self, book: Any) -> None:
        assert self.target(book, "v1", "v1 verified") == ""

    def test_without_history_there_is_no_target(self, book: Any) -> None:
        assert self.target(book, "v1") == ""
        assert history.releases_answer([]) == {"releases": [], "current": "", "rollback_target": ""}

    def test_the_answer_names_current_and_target(self, book: Any) -> None:
        self.tell(book, "v1 deployed", "v1 verified", "v2 built", "v2 deployed")
        answer = history.releases_answer(book.entries)
        assert (answer["current"], answer["rollback_target"]) == (HEX["v2"], HEX["v1"])
        assert answer["releases"][0]["record"] == {"images": {"backend": f"sha256:{HEX['v1']}"}}

    @pytest.mark.parametrize(
        "name", ["../../../etc", "1a2b3c4d5e6", "1A2B3C4D5E6F", "1a2b3c4d5e6f\n", "{{ x }}", "", None, 7, ["1a2b3c4d5e6f"]]
    )
    def test_what_is_no_release_never_becomes_a_target_or_a_path(self, book: Any, name: Any) -> None:
        with pytest.raises(InputError, match="names no release"):
            releases.check_release_body({"release": name, "state": "verified"})
        book.add("release", "deploy", {"release": name, "state": "verified"})
        assert history.releases_answer(book.entries) == {"releases": [], "current": "", "rollback_target": ""}


class TestAnswers:
    """What the ledger answers."""

    def test_an_empty_ledger_has_answers_too(self) -> None:
        assert history.runs_answer([]) == {"runs": []}
        assert history.run_answer([], "/x", "", "") == {"run": {}, "phases": {}, "next_phase": "preflight"}
        assert history.why_answer([], "/x", "", "")["sentence"] == "the ledger knows no run"

    def test_the_newest_run_is_told_with_its_phases(self, book: Any) -> None:
        opened(book).start("preflight")
        answer = history.run_answer(book.entries, "/var/lib/stagegate/proofile", "", "")
        assert answer["run"] == book.run
        assert answer["phases"]["preflight"]["verdict"] == "RUNNING"

    def test_an_unknown_run_is_an_error_that_names_the_known(self, book: Any) -> None:
        with pytest.raises(InputError, match=book.run["id"]):
            history.run_answer(opened(book).entries, "/x", "r-20200101T000000Z-ffffffffffff", "")

    def test_why_names_the_criterion_in_the_way(self, book: Any) -> None:
        failed = {"id": "preflight.disk", "status": "FAIL", "reason": "", "sentence": "1 GB, must be >= 5 GB", "observe": False}
        opened(book).gate("preflight", "FAIL", outcomes=[failed])
        sentence = history.why_answer(book.entries, "/x", "", "")["sentence"]
        assert "gate preflight: FAIL (demo policy) | preflight.disk FAIL: 1 GB, must be >= 5 GB" in sentence


def test_times_read_back_as_they_were_written() -> None:
    moment = 1795428900.123
    assert times.rfc3339(moment) == "2026-11-23T10:15:00.123Z"
    assert times.unix_seconds(times.rfc3339(moment)) == moment
    with pytest.raises(EvidenceError):
        times.unix_seconds("yesterday")


@pytest.mark.parametrize(("seconds", "text"), [(4.2, "4.2 s"), (185, "3 min 05 s"), (3725, "1 h 02 min")])
def test_durations_are_shown_for_people(seconds: float, text: str) -> None:
    assert times.duration_text(seconds) == text
