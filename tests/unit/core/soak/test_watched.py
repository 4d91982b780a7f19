# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_progress import Coverage
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.watched import watched_measurements


def test_each_container_says_how_much_of_it_was_seen():
    found = watched_measurements({"web": Coverage(10, 9, 12.0), "db": Coverage(10, 10, 5.0)})
    assert [(fact["sli"], fact["labels"]["container"], fact["value"], fact["unit"]) for fact in found] == [
        ("container.coverage", "db", 1.0, "ratio"),
        ("container.longest_gap", "db", 5.0, "s"),
        ("container.coverage", "web", 0.9, "ratio"),
        ("container.longest_gap", "web", 12.0, "s"),
    ]


def test_where_no_container_was_seen_nothing_is_said():
    assert watched_measurements({}) == []
