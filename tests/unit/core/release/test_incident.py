# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The incident record."""

from __future__ import annotations

import dataclasses

from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.incident import Incident, markdown

RECORD = Incident(
    verdict="ROLLED_BACK",
    run="r-20261123T000000Z-bbbbbbbbbbbb",
    cause="smoke failed",
    reason="gate",
    from_release="b" * 12,
    to_release="a" * 12,
    who="root",
    started="2026-11-23T01:00:00.000Z",
    ended="2026-11-23T01:00:05.000Z",
    seconds_to_restore=4.2,
    steps=("switched",),
)


def test_the_record_tells_cause_releases_time_and_what_to_do_next() -> None:
    text = markdown(RECORD)
    for part in ("ROLLED_BACK", "smoke failed", "a" * 12, "b" * 12, "4.2 s", "switched", "Fix the cause"):
        assert part in text


def test_text_of_other_programs_cannot_become_markup() -> None:
    text = markdown(dataclasses.replace(RECORD, cause="<script>`x`|\n# heading"))
    assert "<script>" not in text
    assert "\n# heading" not in text


def test_a_failed_rollback_asks_for_the_person_on_duty() -> None:
    assert "person on duty" in markdown(dataclasses.replace(RECORD, verdict="ROLLBACK_FAILED"))


def test_a_drill_asks_for_nothing_to_be_fixed() -> None:
    body = dataclasses.replace(RECORD, reason="drill").body()
    assert len(body["next"]) == 1
    assert body["from"] == "b" * 12
