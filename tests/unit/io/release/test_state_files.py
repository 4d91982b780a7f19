# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files of stateful services are copied whole or not at all: a copy that a kill cut off is not kept for good."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.proofile.stagegate.plugins.module_utils.io.release import release_plan


def test_a_copy_that_was_killed_is_made_again(tmp_path: Path) -> None:
    source, kept = tmp_path / "initdb", tmp_path / "state_files/0123456789abcdef/initdb"
    source.mkdir()
    for name in ("1.sql", "2.sql"):
        (source / name).write_text(name)
    half = kept.with_name("initdb.half")
    half.mkdir(parents=True)
    (half / "1.sql").write_text("1.s")
    (half / "stray").write_text("of another version")
    release_plan._copy_once(str(source), str(kept))
    assert {path.name: path.read_text() for path in kept.iterdir()} == {"1.sql": "1.sql", "2.sql": "2.sql"}
    assert not half.exists()


def test_a_file_is_copied_once_and_then_left_alone(tmp_path: Path) -> None:
    source, kept = tmp_path / "init.sql", tmp_path / "state_files/0123456789abcdef/init.sql"
    source.write_text("one")
    release_plan._copy_once(str(source), str(kept))
    source.write_text("two")
    release_plan._copy_once(str(source), str(kept))
    assert kept.read_text() == "one"
