# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The marker of a drill: who comes after a kill must be able to trust it. The drill itself is tried on a real engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError, InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.docker_cli import Engine
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.drill import Drill
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.command import Completed

MARKER = {"release": "1a2b3c4d5e6f", "colour": "green", "idle": "blue", "idle_release": "", "run": "r-1", "rows": {}, "measurements": []}


WRONG = [
    json.dumps({**MARKER, **wrong})
    for wrong in ({"colour": 3}, {"idle": "red"}, {"release": "../.."}, {"idle_release": "drill-x"}, {"run": ""})
]


def empty_engine(argv: Any, **_options: Any) -> Completed:
    """An engine on which nothing runs."""
    return Completed(tuple(argv), 0, "", "")


@pytest.fixture
def drill(tmp_path: Path) -> Drill:
    return Drill("app", str(tmp_path), Engine(empty_engine))


def test_where_there_is_no_marker_no_drill_is_under_way(drill: Drill) -> None:
    assert drill.marker() == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "null", *WRONG])
def test_a_marker_that_cannot_be_read_stops_everything_until_somebody_has_looked(drill: Drill, text: str) -> None:
    Path(drill.path).write_text(text)
    with pytest.raises(EvidenceError):
        drill.marker()


def test_a_second_drill_is_refused_while_one_is_under_way(drill: Drill) -> None:
    Path(drill.path).write_text(json.dumps(MARKER))
    with pytest.raises(InputError, match="has not ended"):
        drill.begin("r-2", "1a2b3c4d5e6f", {})


def test_where_the_release_does_not_serve_there_is_nothing_to_drill(drill: Drill) -> None:
    with pytest.raises(InputError, match="does not serve"):
        drill.begin("r-2", "1a2b3c4d5e6f", {})
    assert drill.marker() == {}


def test_a_drill_does_not_end_while_the_real_release_does_not_serve(drill: Drill) -> None:
    Path(drill.path).write_text(json.dumps(MARKER))
    with pytest.raises(InputError, match="does not serve from green"):
        drill.end(1, None)
    assert drill.marker() == MARKER


@pytest.mark.parametrize("step", ["plan", "break_it", "judge"])
def test_nothing_is_broken_where_no_drill_has_begun(drill: Drill, step: str) -> None:
    arguments = {"plan": ("never_healthy", {}), "break_it": (), "judge": (True,)}[step]
    with pytest.raises(InputError, match="no drill is under way"):
        getattr(drill, step)(*arguments)


@pytest.fixture
def planned(drill: Drill, tmp_path: Path) -> Path:
    """The plan of the live release for the idle colour, as the planner leaves it; it holds secrets. Returns the folder of the twin."""
    Path(drill.path).write_text(json.dumps(MARKER))
    folder = tmp_path / "releases" / "1a2b3c4d5e6f"
    folder.mkdir(parents=True)
    services = {"web": {"image": "web:1", "environment": {"SECRET": "canary"}}}
    texts = {
        "blue.json": json.dumps({"name": "app-blue", "services": services}),
        "plan-blue.json": json.dumps({"routes": [{"service": "web", "public": 80}], "projects": {"edge": {"name": "app-edge"}}}),
        "release.json": '{"images": {}}',
        "haproxy.cfg": "global\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    return tmp_path / "releases" / "drill-1a2b3c4d5e6f"


def test_the_twin_is_planned_beside_the_release_which_stays_as_it_was(drill: Drill, planned: Path) -> None:
    before = {path: path.read_text() for path in planned.parent.rglob("*") if path.is_file()}
    said = drill.plan("never_healthy", {})
    assert (said["service"], said["colour"], said["project"], said["file"]) == ("web", "blue", "app-blue", str(planned / "blue.json"))
    assert {path: path.read_text() for path in before} == before
    described = json.loads((planned / "plan-blue.json").read_text())
    assert described["projects"] == {"edge": {"name": "app-edge"}, "colour": {"name": "app-blue", "file": str(planned / "blue.json")}}


def test_the_files_of_the_twin_are_for_the_owner_only(drill: Drill, planned: Path) -> None:
    drill.plan("fails_after_switch", {})
    assert sorted(path.name for path in planned.iterdir()) == ["blue.json", "haproxy.cfg", "plan-blue.json", "release.json"]
    assert [path for path in planned.iterdir() if path.stat().st_mode & 0o077] == []


@pytest.mark.parametrize(
    ("mode", "breakage", "kill"),
    [("never_healthy", {}, False), ("fails_after_switch", {}, True), ("fails_after_switch", {"environment": {"A": "1"}}, False)],
)
def test_only_what_does_not_fail_by_itself_is_killed_after_the_switch(
    drill: Drill, planned: Path, mode: str, breakage: dict[str, Any], kill: bool
) -> None:
    drill.plan(mode, breakage)
    assert drill.marker()["kill"] is kill


def test_the_time_until_it_was_found_counts_from_the_breakage(tmp_path: Path, planned: Path) -> None:
    moments = iter([1000.0, 1004.5])
    timed = Drill("app", str(tmp_path), Engine(empty_engine), lambda: next(moments))
    timed.plan("fails_after_switch", {"environment": {"A": "1"}})
    assert [(fact["sli"], fact["value"]) for fact in timed.judge(True)] == [("drill.time_to_detect", 4.5)]
    assert [fact["sli"] for fact in timed.marker()["measurements"]] == ["drill.time_to_detect"]


class BusyEdge:
    """The twin stands in blue, green is live; the edge counts one request under way on blue until it was asked `asked` times."""

    def __init__(self, asked: int) -> None:
        self.asked = asked
        self.said: list[str] = []

    def __call__(self, argv: Any, stdin: str = "", **_options: Any) -> Completed:
        words, text = " ".join(argv), ""
        if words.startswith("docker ps"):
            text = "e1" if "app-edge" in words else "w1"
        elif words.startswith("docker inspect"):
            project, service = ("app-edge", "edge") if "e1" in argv else ("app-blue", "web")
            labels = {
                "com.docker.compose.project": project,
                "com.docker.compose.service": service,
                "stagegate.release": "drill-1a2b3c4d5e6f",
            }
            text = json.dumps([{"Id": "x", "Name": f"/{service}", "State": {"Status": "running"}, "Config": {"Labels": labels}}])
        elif "/proc/" in words:
            text = "haproxy\n" * 2
        elif "show stat" in stdin:
            self.said.append("asked")
            text = f"description: d1\n\n0x1 app green\n\n# pxname,svname,qcur,scur\nweb_80_blue,app,0,{int(len(self.said) < self.asked)}\n"
        elif " down " in words:
            self.said.append("down")
        return Completed(tuple(argv), 0, text, "")


def test_the_twin_is_taken_away_when_nobody_is_on_it_any_more(tmp_path: Path) -> None:
    edge = BusyEdge(asked=3)
    Drill("app", str(tmp_path), Engine(edge))._restore(MARKER, 1)
    assert edge.said == ["asked", "asked", "asked", "down"]


def test_the_twin_is_taken_away_at_last_although_somebody_stays_on_it(tmp_path: Path) -> None:
    edge = BusyEdge(asked=1000)
    Drill("app", str(tmp_path), Engine(edge), drain_seconds=0.5)._restore(MARKER, 1)
    assert edge.said[-1] == "down"
    assert 2 <= len(edge.said) < 1000
