"""The folder of backups stays within bounds, and what a rollback may need stays in it."""

from __future__ import annotations

import pathlib

from ansible_collections.proofile.stagegate.plugins.module_utils.io.database.backups import backup_measurements, prune_backups


def test_old_backups_go_with_their_checksums_and_interrupted_dumps_too(tmp_path: pathlib.Path) -> None:
    for day, release in enumerate("abcd"):
        for end in ("dump", "dump.sha256"):
            (tmp_path / f"{release * 12}-2026112{day}T000000Z.{end}").write_text("x")
    (tmp_path / f"{'e' * 12}-20261129T000000Z.dump.part").write_text("half")
    (tmp_path / "notes.txt").write_text("not ours")
    gone = prune_backups(str(tmp_path), 2, {"a" * 12})
    assert sorted(path.name[:1] for path in tmp_path.iterdir()) == ["a", "a", "c", "c", "d", "d", "n"]
    facts = {fact["sli"]: fact["value"] for fact in backup_measurements(str(tmp_path), gone)}
    assert facts == {"backup.kept": 3, "backup.removed": 2}


def test_a_host_without_backups_has_none(tmp_path: pathlib.Path) -> None:
    folder = str(tmp_path / "none")
    assert prune_backups(folder, 5, ()) == []
    assert {fact["value"] for fact in backup_measurements(folder, [])} == {0}
