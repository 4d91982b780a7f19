# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""No name that comes out of evidence leads out of the state folder: not of a file, a run, a phase, a release."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError, InputError, StagegateError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.entries import Draft
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.ledger import digest
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.runs import check_phase, check_run
from ansible_collections.proofile.stagegate.plugins.module_utils.io.ledger.ledger_file import LedgerFile
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.series import read_series
from ansible_collections.proofile.stagegate.plugins.modules import gate, ledger

RUN = {
    "id": "r-20261123T101500Z-1a2b3c4d5e6f",
    "release": "1a2b3c4d5e6f",
    "commit": "1a2b3c4d5e6f" + "0" * 28,
    "policy": "demo",
    "policy_digest": "0" * 64,
}
NAMES = [
    "../outside.sqlite",
    "soak/../../outside.sqlite",
    "/etc/passwd",
    "//etc/passwd",
    "soak//..//../outside.sqlite",
    "link/outside.sqlite",
    "link.sqlite",
    "..",
    ".",
    "",
    "~/outside.sqlite",
    "$HOME/outside.sqlite",
    "file:outside.sqlite",
    "a\0b",
    "soak",
    "x" * 501,
]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder, beside a database that must not be read through it."""
    with sqlite3.connect(tmp_path / "outside.sqlite") as connection:
        connection.execute("CREATE TABLE samples(metric TEXT, labels TEXT, at REAL, value REAL)")
        connection.execute("INSERT INTO samples VALUES ('host.cpu', '{}', 1.0, 1.0)")
    connection.close()
    folder = tmp_path / "state"
    (folder / "soak").mkdir(parents=True)
    (folder / "link").symlink_to(tmp_path)
    (folder / "link.sqlite").symlink_to(tmp_path / "outside.sqlite")
    return folder


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name)[:30])
def test_samples_are_read_inside_the_state_folder_only(state: Path, name: str) -> None:
    with pytest.raises(EvidenceError):
        read_series(str(state), {"file": name, "metric": "host.cpu"})


@pytest.mark.parametrize("name", ["../outside.sqlite", "link.sqlite", "/etc/passwd"])
def test_a_gate_never_says_go_on_samples_from_outside(state: Path, name: str) -> None:
    run = {**RUN, "state_dir": str(state)}
    gates = {"soak": {"criteria": [{"id": "soak.cpu", "sli": "host.cpu", "pass": "< 99 pct"}]}}
    book = LedgerFile(str(state))
    book.append(run, [Draft("run", "", {"gates_digest": digest(gates)}), Draft("phase", "soak", {"event": "started"})])
    series = {"sli": "host.cpu", "unit": "pct", "series": {"file": name, "metric": "host.cpu"}}
    ledger.handle({"run": run, "phase": "soak", "measurements": [series], "entries": []}, False)
    asked = {"run": run, "phase": "soak", "gates": gates, "waivers": []}
    assert gate.handle(asked, False)["verdict"] == "ERROR"


@pytest.mark.parametrize("name", ["../../../tmp/x", "..", "a/b", "/etc/cron.d/x", "x\\y", ".hidden"])
def test_heads_stay_in_their_folder_whatever_a_run_or_phase_is_called(tmp_path: Path, name: str) -> None:
    book = LedgerFile(str(tmp_path / "a" / "b" / "state"))
    try:
        book.append({**RUN, "id": name}, [Draft("alert", name, {})])
    except StagegateError:
        assert "\\" in name
    found = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()]
    assert all(os.path.dirname(path) in ("a/b/state/heads", "a/b/state") for path in found), found


@pytest.mark.parametrize("name", ["../x", "r-20261123T101500Z-1a2b3c4d5e6f/../x", "r-20261123T101500Z-1a2b3c4d5e6f\n", "soak/..", ""])
def test_a_run_or_phase_with_such_a_name_is_refused_where_it_comes_in(name: str) -> None:
    with pytest.raises(InputError):
        check_run({**RUN, "state_dir": "/x", "id": name})
    with pytest.raises(InputError):
        check_phase(name)


@pytest.mark.parametrize("release", ["../../etc", "1a2b3c4d5e6f/..", "", 7, None, "1A2B3C4D5E6F"])
def test_a_release_with_such_a_name_is_not_recorded(tmp_path: Path, release: Any) -> None:
    run = {**RUN, "state_dir": str(tmp_path)}
    entry = {"kind": "release", "body": {"release": release, "state": "verified"}}
    with pytest.raises(InputError, match="names no release"):
        ledger.handle({"run": run, "phase": "smoke", "measurements": [], "entries": [entry]}, False)
    assert not list(tmp_path.iterdir())
