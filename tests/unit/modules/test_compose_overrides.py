# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compose overrides on their way from the inventory to the host."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.modules.compose_overrides import handle


def bring(folder: Path, names: list[str], contents: list[str], check_mode: bool = False):
    return handle({"folder": str(folder), "names": names, "contents": contents}, check_mode)


def test_the_files_are_written_for_the_owner_only_and_a_second_time_nothing_changes(tmp_path: Path) -> None:
    folder = tmp_path / "release" / "compose"
    first = bring(folder, ["a.yml", "b.yml"], ["a: 1\n", "b: {{ not_a_template }}\n"])
    assert first["changed"] and first["paths"] == [str(folder / "a.yml"), str(folder / "b.yml")]
    assert (folder / "b.yml").read_text() == "b: {{ not_a_template }}\n"
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert not bring(folder, ["a.yml", "b.yml"], ["a: 1\n", "b: {{ not_a_template }}\n"])["changed"]


def test_check_mode_shows_the_difference_and_writes_nothing(tmp_path: Path) -> None:
    shown = bring(tmp_path / "compose", ["a.yml"], ["a: 1\n"], check_mode=True)
    assert shown["changed"] and shown["diff"][0]["after"] == "a: 1\n" and shown["diff"][0]["before"] == ""
    assert not (tmp_path / "compose").exists()


@pytest.mark.parametrize("names", [["../a.yml"], ["/etc/a.yml"], [".."], [""], ["a.yml", "a.yml"]])
def test_a_name_that_leads_elsewhere_or_stands_twice_is_refused(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(InputError):
        bring(tmp_path / "compose", names, ["x"] * len(names))
    assert list(tmp_path.iterdir()) == []


def test_a_name_without_a_content_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 names and 0 contents"):
        bring(tmp_path / "compose", ["a.yml"], [])
