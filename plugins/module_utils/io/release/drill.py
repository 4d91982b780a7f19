# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A drill on this host: what it does stands in a marker first, so that whoever comes after a kill can bring the real release back."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from typing import Any

from ...core.errors import EvidenceError, InputError
from ...core.release.compose_plan import other, project_name
from ...core.release.drill import (
    FAILS_AFTER_SWITCH,
    NEVER_HEALTHY,
    breaks_by_itself,
    broken_project,
    broken_service,
    check_breakage,
    drill_name,
    judgement,
    row_facts,
)
from ...core.times import rfc3339, unix_seconds
from ..edge.edge_drain import EdgeDrain
from ..engine.compose_stack import ComposeStack
from ..engine.docker_cli import Engine
from ..system import clock as machine
from ..system.command import must, run
from ..system.files import read_text, write_json
from .release_facts import Standing, standing
from .release_plan import read_plan

KILL_SECONDS = 30.0
# The marker decides what is started, switched to and removed, so its texts are never anything but these.
SHAPES = {
    "release": "[0-9a-f]{12}",
    "colour": "blue|green",
    "idle": "blue|green",
    "idle_release": "([0-9a-f]{12})?",
    "run": r"[\w-]{1,100}",
}


class Drill:
    """The drill of one application; the marker is <state_dir>/drill.json. Engine and clock are parameters."""

    def __init__(
        self, application: str, state_dir: str, engine: Engine, clock: machine.Clock = machine.now, drain_seconds: float = 5.0
    ) -> None:
        """`drain_seconds`: how long is waited for whoever is still on the twin, before it is taken away."""
        self._application = application
        self._drain_seconds = drain_seconds
        self._state_dir = state_dir
        self._engine = engine
        self._clock = clock

    @property
    def path(self) -> str:
        """The marker: it is there from before the first change until after the last repair."""
        return os.path.join(self._state_dir, "drill.json")

    def marker(self) -> dict[str, Any]:
        """What the marker says; empty when no drill is under way or was left. EvidenceError when it cannot be read."""
        if not os.path.exists(self.path):
            return {}
        try:
            kept = json.loads(read_text(self.path))
            wrong = [name for name, shape in SHAPES.items() if not re.fullmatch(shape, kept[name])]
        except (ValueError, KeyError, TypeError) as error:
            raise EvidenceError(
                "the marker of a drill cannot be read",
                where=self.path,
                why=str(error)[:200],
                todo="see which release serves, roll back or deploy by hand, then remove the file",
            ) from error
        if wrong:
            raise EvidenceError(f"the marker of a drill has no usable {wrong[0]}", where=self.path, why=str(kept[wrong[0]])[:80])
        return dict(kept)

    def begin(self, run_id: str, release: str, rows: Mapping[str, int]) -> dict[str, Any]:
        """Write the marker. InputError unless `release` is what serves, and no other drill is under way."""
        if self.marker():
            raise InputError("another drill has not ended", where=self.path, todo="end it first")
        now = self._standing()
        if now.active is None or now.active_release != release:
            raise InputError(
                f"release {release} does not serve, so there is nothing to drill",
                where=f"the live release is {now.active_release or 'none'}",
                todo="deploy it first",
            )
        idle = other(now.active)
        earlier = next((state.release for state in now.colours if state.colour == idle), "")
        marker = {
            "release": release,
            "colour": now.active,
            "idle": idle,
            "idle_release": earlier,
            "run": run_id,
            "since": rfc3339(self._clock()),
            "rows": dict(rows),
            "measurements": [],
        }
        write_json(self.path, marker)
        return marker

    def plan(self, mode: str, breakage: Mapping[str, Any]) -> dict[str, Any]:
        """Write the plan of the broken twin for the idle colour, made from that of the live release for it, and note when it begins."""
        marker, wanted = self._under_way(), check_breakage(breakage)
        release, idle, twin = marker["release"], marker["idle"], drill_name(marker["release"])
        described = read_plan(self._state_dir, release, idle)
        project = json.loads(read_text(self._file(release, f"{idle}.json")))
        service = broken_service(project["services"], described["routes"], str(wanted.get("service") or ""))
        colour = {"name": project_name(self._application, idle), "file": self._file(twin, f"{idle}.json")}
        described = {**described, "projects": {**described["projects"], "colour": colour}}
        write_json(colour["file"], broken_project(project, twin, service, mode, wanted))
        write_json(self._file(twin, f"plan-{idle}.json"), described)
        for name in ("release.json", "haproxy.cfg"):
            shutil.copy2(self._file(release, name), self._file(twin, name))
        marker.update(mode=mode, service=service, kill=mode == FAILS_AFTER_SWITCH and not breaks_by_itself(wanted), broken=self._now())
        write_json(self.path, marker)
        return {"twin": twin, "service": service, "colour": idle, "project": colour["name"], "file": colour["file"]}

    def break_it(self) -> str:
        """After the switch to the twin: kill its service, unless the policy has broken it already. Returns what was done."""
        marker = self._under_way()
        marker["broken"] = self._now()
        write_json(self.path, marker)
        if not marker.get("kill"):
            return f"service {marker.get('service')} was started broken"
        container = self._engine.service_container(project_name(self._application, marker["idle"]), str(marker["service"]))
        # A killed container is not started again by its restart policy: it is down until somebody does something.
        must(run(["docker", "kill", container.name], timeout=KILL_SECONDS), f"{container.name} cannot be killed")
        return f"service {marker['service']} was killed"

    def judge(self, found: bool) -> list[dict[str, Any]]:
        """Note whether the checks found the breakage, and when; before the switch the live release must not have been touched."""
        marker = self._under_way()
        seconds = self._clock() - unix_seconds(str(marker["broken"]))
        live_ok = marker["mode"] != NEVER_HEALTHY or self.serves(marker)
        facts = judgement(str(marker["mode"]), found, seconds, live_ok)
        marker["measurements"] = [*marker["measurements"], *facts]
        write_json(self.path, marker)
        return facts

    def serves(self, marker: Mapping[str, Any]) -> bool:
        """True when the real release serves from its own colour, healthy."""
        now = self._standing()
        healthy = any(state.release == marker["release"] and state.colour == marker["colour"] and state.healthy for state in now.colours)
        return healthy and now.active == marker["colour"] and now.edge_running and now.map_agrees

    def needs_restore(self, marker: Mapping[str, Any]) -> bool:
        """True when containers of the broken twin are there, running or not, or those that stood in its colour are not."""
        found = {item.release for item in self._engine.containers(self._idle_project(marker))}
        return drill_name(marker["release"]) in found or bool(marker["idle_release"] and marker["idle_release"] not in found)

    def end(self, wait_seconds: float, after: Mapping[str, int] | None) -> dict[str, Any]:
        """Remove the twin, start again what stood in its colour, forget the drill. InputError while the real release does not serve."""
        marker = self._under_way()
        if not self.serves(marker):
            raise InputError(
                f"release {marker['release']} does not serve from {marker['colour']}",
                where=self.path,
                why="a drill ends only when the release with which it began serves again",
                todo="switch to it, then end the drill",
            )
        note = self._restore(marker, wait_seconds) if self.needs_restore(marker) else ""
        facts = list(marker["measurements"]) + (row_facts(marker["rows"], after) if after is not None and marker["rows"] else [])
        shutil.rmtree(self._file(drill_name(marker["release"]), ""), ignore_errors=True)
        os.unlink(self.path)
        return {"note": note, "measurements": facts}

    def _restore(self, marker: Mapping[str, Any], wait_seconds: float) -> str:
        """The release that was kept in the idle colour is there for the next rollback; without its images the colour stays empty."""
        twin, earlier, idle = drill_name(marker["release"]), marker["idle_release"], marker["idle"]
        project = self._idle_project(marker)
        kept = self._file(earlier, f"{idle}.json") if earlier else ""
        if kept and os.path.isfile(kept) and self._has_images(kept):
            # With kept images the services are started at once: none has to wait for another, all of them have run before.
            outcome = ComposeStack(project, kept, self._engine, keep_images=True).up(wait_seconds, lambda: self._drain(project))
            trouble = "" if outcome.healthy else f", not healthy: {'; '.join(outcome.troubles[:2])}"
            return f"release {earlier} stands in {idle} again{trouble}"
        ComposeStack(project, self._file(twin, f"{idle}.json"), self._engine).down(lambda: self._drain(project))
        return f"{idle} is empty" + (f": the images or the plan of release {earlier} are gone" if earlier else "")

    def _drain(self, project: str) -> None:
        """Let what is under way on the twin end. An edge that does not say who is there stops it; the marker stays for the next end."""
        EdgeDrain(self._application, self._engine).wait(project, self._drain_seconds)

    def _has_images(self, path: str) -> bool:
        services = json.loads(read_text(path)).get("services") or {}
        return all(self._engine.image_id(str(service.get("image"))) for service in services.values())

    def _under_way(self) -> dict[str, Any]:
        marker = self.marker()
        if not marker:
            raise InputError("no drill is under way", where=self.path, todo="begin one: playbooks/drill_rollback.yml")
        return marker

    def _standing(self) -> Standing:
        return standing(self._application, self._state_dir, self._engine)

    def _idle_project(self, marker: Mapping[str, Any]) -> str:
        return project_name(self._application, str(marker["idle"]))

    def _file(self, release: str, name: str) -> str:
        return os.path.join(self._state_dir, "releases", release, name)

    def _now(self) -> str:
        return rfc3339(self._clock())
