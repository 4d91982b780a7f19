#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Break a twin of the live release on purpose, and clean up after it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drill
short_description: Break a twin of the live release on purpose, and clean up after it
version_added: 0.1.0
description:
  - A drill shows that a bad release is found and that the way back works. The twin runs the images of the live release in the idle
    colour under a name that is no release, so that nothing recorded about releases can be about it.
  - What a drill is about to do stands in C(<state_dir>/drill.json) first. Whoever comes after a kill finds it there (V(asked)).
  - The module plans, breaks and cleans up. Starting the twin, the switch, the checks and the rollback are those of every release.
author: ProoFile operations (@proofile)
extends_documentation_fragment: [proofile.stagegate.step]
options:
  state:
    description:
      - V(begun) counts rows and writes the marker; the release of O(run_id) must be what serves.
      - V(planned) writes the plan of a twin that is broken as O(mode) says.
      - V(broken) is said after the switch to the twin, whose service is then killed, unless O(breakage) says how it fails by itself.
      - V(judged) notes whether the checks found it (O(found)), and how long that took.
      - V(asked) tells whether a drill was left behind, and changes nothing.
      - V(ended) removes the twin, starts again what stood in its colour, counts rows and removes the marker. The real release must serve.
    type: str
    choices: [begun, planned, broken, judged, asked, ended]
    required: true
  application:
    description: Name of the application.
    type: str
    required: true
  state_dir:
    description: The state folder of the application.
    type: path
    required: true
  run_id:
    description: The run to which the drill belongs. Needed to begin.
    type: str
    default: ''
  release:
    description: The release that serves. Needed to begin.
    type: str
    default: ''
  mode:
    description: How the twin is broken.
    type: str
    choices: [never_healthy, fails_after_switch]
    default: fails_after_switch
  breakage:
    description:
      - Which C(service) is broken, by default the one behind a public port on which most of the others depend.
      - With C(environment) or C(command) it fails by itself on the public ports, with mode V(fails_after_switch).
    type: dict
    default: {}
  found:
    description: Whether the checks found what is broken.
    type: bool
    default: false
  wait_seconds:
    description: How long the release that is started again in the idle colour may take to become healthy.
    type: int
    default: 120
  drain_seconds:
    description: How long V(ended) waits for requests that are under way on the twin, before it takes the twin away.
    type: int
    default: 5
  database_service:
    description: The service of the data project that is the database (Postgres). Empty means that there are no rows to count.
    type: str
    default: postgres
  ignored_tables:
    description: Tables, as C(schema.table), from which the application removes rows by itself, such as those of expired sessions.
    type: list
    elements: str
    default: []
  database_user:
    description: The database user. Empty takes POSTGRES_USER of the database's container.
    type: str
    default: ''
  database_name:
    description: The database. Empty takes POSTGRES_DB of the database's container.
    type: str
    default: ''
attributes:
  check_mode:
    description: In check mode a drill that was left behind is told, and nothing is done.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: See whether a drill was killed
  proofile.stagegate.drill:
    state: asked
    application: proofile
    state_dir: /var/lib/stagegate/proofile
  register: left
"""

RETURN = r"""
under_way:
  description: True when there is a marker.
  returned: O(state=asked)
  type: bool
serves:
  description: True when the real release serves from its own colour.
  returned: O(state=asked)
  type: bool
release:
  description: The real release, with which the drill began.
  returned: O(state=asked) or O(state=begun)
  type: str
colour:
  description: The colour of the real release, or, planned, that of the twin.
  returned: O(state=asked), O(state=begun) or O(state=planned)
  type: str
idle:
  description: The colour of the twin.
  returned: O(state=asked) or O(state=begun)
  type: str
twin:
  description: Name of the twin.
  returned: O(state=planned)
  type: str
project:
  description: Its compose project.
  returned: O(state=planned)
  type: str
file:
  description: The plan of that project.
  returned: O(state=planned)
  type: str
service:
  description: The service that is broken.
  returned: O(state=planned)
  type: str
message:
  description: One sentence for people.
  returned: always
  type: str
measurements:
  description: C(drill.time_to_detect), C(drill.failures), C(drill.rollbacks), C(drill.rows) and C(drill.rows_lost).
  returned: O(state=judged) or O(state=ended)
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import StagegateError
from ..module_utils.core.release.compose_plan import project_name
from ..module_utils.core.release.drill import BROKEN
from ..module_utils.io.database.postgres import Postgres
from ..module_utils.io.engine.docker_cli import Engine
from ..module_utils.io.release.drill import Drill
from ..module_utils.io.release.steps import STEP_OPTION, step

SPEC = {
    "state": {"type": "str", "required": True, "choices": ["begun", "planned", "broken", "judged", "asked", "ended"]},
    "application": {"type": "str", "required": True},
    "state_dir": {"type": "path", "required": True},
    "run_id": {"type": "str", "default": ""},
    "release": {"type": "str", "default": ""},
    "mode": {"type": "str", "choices": list(BROKEN), "default": "fails_after_switch"},
    "breakage": {"type": "dict", "default": {}},
    "found": {"type": "bool", "default": False},
    "wait_seconds": {"type": "int", "default": 120},
    "drain_seconds": {"type": "int", "default": 5},
    "database_service": {"type": "str", "default": "postgres"},
    "ignored_tables": {"type": "list", "elements": "str", "default": []},
    "database_user": {"type": "str", "default": ""},
    "database_name": {"type": "str", "default": ""},
    "step": STEP_OPTION,
}
Params = Mapping[str, Any]


def handle(params: Params, check_mode: bool) -> Mapping[str, Any]:
    """Do what `state` says."""
    engine = Engine()
    work = Drill(params["application"], params["state_dir"], engine, drain_seconds=params["drain_seconds"])
    if params["state"] == "asked":
        return _asked(work)
    if check_mode:
        return {"changed": True, "message": "a drill is not done in check mode", "measurements": []}
    doing: dict[str, Callable[[Drill, Params, Engine], Mapping[str, Any]]] = {
        "begun": _begun,
        "planned": _planned,
        "broken": _broken,
        "judged": _judged,
        "ended": _ended,
    }
    return {"changed": True, **doing[params["state"]](work, params, engine)}


def _asked(work: Drill) -> Mapping[str, Any]:
    marker = work.marker()
    if not marker:
        nothing = {"serves": True, "release": "", "colour": "", "idle": ""}
        return {"changed": False, "under_way": False, **nothing, "message": "no drill is under way"}
    told = {name: marker[name] for name in ("release", "colour", "idle")}
    message = f"the drill of run {marker['run']} has not ended"
    return {"changed": False, "under_way": True, "serves": work.serves(marker), **told, "message": message}


def _begun(work: Drill, params: Params, engine: Engine) -> Mapping[str, Any]:
    marker = work.begin(params["run_id"], params["release"], _rows(params, engine))
    told = {name: marker[name] for name in ("release", "colour", "idle")}
    return {**told, "message": f"the drill of release {marker['release']} begins"}


def _planned(work: Drill, params: Params, _engine: Engine) -> Mapping[str, Any]:
    planned = work.plan(params["mode"], params["breakage"])
    return {**planned, "message": f"{planned['twin']} is planned for {planned['colour']}, with service {planned['service']} broken"}


def _broken(work: Drill, params: Params, _engine: Engine) -> Mapping[str, Any]:
    with step(params["state_dir"], params["step"], "breaking the twin of a drill"):
        return {"message": work.break_it()}


def _judged(work: Drill, params: Params, _engine: Engine) -> Mapping[str, Any]:
    facts = work.judge(params["found"])
    return {"message": "the breakage was found" if params["found"] else "the breakage was not found", "measurements": facts}


def _ended(work: Drill, params: Params, engine: Engine) -> Mapping[str, Any]:
    with step(params["state_dir"], params["step"], "ending a drill"):
        done = work.end(params["wait_seconds"], _rows_if_any(params, engine))
    return {"message": done["note"] or "nothing had to be started again", "measurements": done["measurements"]}


def _rows_if_any(params: Params, engine: Engine) -> dict[str, int] | None:
    """A database that does not answer must not keep the real release from coming back; without rows the criterion has no data."""
    try:
        return _rows(params, engine)
    except StagegateError:
        return None


def _rows(params: Params, engine: Engine) -> dict[str, int]:
    """Rows of every table that is not ignored; nothing where the application has no database."""
    if not params["database_service"]:
        return {}
    container = engine.service_container(project_name(params["application"], "data"), params["database_service"])
    found = Postgres(container.name, engine, params["database_user"], params["database_name"]).row_counts()
    return {table: count for table, count in found.items() if table not in params["ignored_tables"]}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
