# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import CommandError, InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_unit import (
    Place,
    render_unit,
    run_arguments,
    supervised_name,
)
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_files import SoakFolder
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_supervisors import (
    Container,
    Systemd,
    chosen_supervisor,
    place_of,
    supervisor_of,
)
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.command import Completed

RUN = "r-20261123T101500Z-1a2b3c4d5e6f"
PLACE = Place(RUN, "/var/lib/stagegate/shop/soak/" + RUN, 1000, 1000, "/run/docker.sock", 999)
UNIT = f"stagegate-soak-{RUN}.service"


class Commands:
    """Notes what is run; `said` are answers by the first words."""

    def __init__(self, **said):
        self.ran, self.said = [], said

    def __call__(self, argv, timeout=60.0):
        self.ran.append(" ".join(argv))
        answer = self.said.get(argv[1], "")
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Completed) else Completed(tuple(argv), 0, answer, "")


@pytest.fixture
def units(tmp_path):
    (tmp_path / "units").mkdir()
    (tmp_path / "booted").mkdir()
    return tmp_path


def systemd(units, commands):
    return Systemd(SoakFolder(PLACE.folder), PLACE, commands, str(units / "units"), str(units / "booted"))


def test_a_unit_is_written_enabled_and_taken_away_again(units):
    commands = Commands(show="active\n")
    supervisor = systemd(units, commands)
    assert not supervisor.alive()
    supervisor.start()
    assert (units / "units" / UNIT).read_text() == render_unit(PLACE, __import__("sys").executable)
    assert commands.ran == ["systemctl daemon-reload", f"systemctl reset-failed {UNIT}", f"systemctl enable --now {UNIT}"]
    assert supervisor.alive()
    supervisor.end()
    assert commands.ran[-2:] == [f"systemctl disable --now {UNIT}", "systemctl daemon-reload"]
    assert list((units / "units").iterdir()) == []


@pytest.mark.parametrize(("state", "alive"), [("active", True), ("activating", True), ("failed", False), ("inactive", False), ("", False)])
def test_a_unit_that_waits_for_its_next_start_lives(units, state, alive):
    supervisor = systemd(units, Commands(show=f"{state}\n"))
    supervisor.start()
    assert supervisor.alive() == alive


def test_a_host_without_systemd_says_what_to_choose_instead(units):
    (units / "booted").rmdir()
    with pytest.raises(InputError, match=r"systemd does not run this host.*soak_supervisor"):
        systemd(units, Commands()).start()
    assert list((units / "units").iterdir()) == []


def test_a_unit_whose_program_does_not_start_is_told_by_what_systemd_knows(units):
    commands = Commands(show="ActiveState=activating\nSubState=auto-restart\nResult=exit-code\nExecMainStatus=216\n")
    said = systemd(units, commands).said()
    assert said.startswith(f"{UNIT}: ActiveState=activating, SubState=auto-restart, Result=exit-code, ExecMainStatus=216; journalctl")


def test_a_unit_that_does_not_start_is_an_error(units):
    with pytest.raises(CommandError, match="systemctl enable failed"):
        systemd(units, Commands(enable=Completed(("systemctl",), 1, "", "no"))).start()


def test_a_unit_comes_back_always_but_not_after_the_end():
    lines = render_unit(PLACE, "/usr/bin/python3").splitlines()
    assert {"Restart=always", "RestartPreventExitStatus=0", "StartLimitIntervalSec=0", "WantedBy=multi-user.target"} <= set(lines)
    assert {f"ConditionPathExists=!{PLACE.folder}/DONE", "NoNewPrivileges=yes", "ProtectSystem=strict", "User=1000"} <= set(lines)
    assert {f"ReadWritePaths={PLACE.folder}", "CPUAccounting=yes", "MemoryAccounting=yes", "SupplementaryGroups=999"} <= set(lines)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine")
def test_systemd_itself_finds_nothing_wrong_with_the_unit(tmp_path):
    path = tmp_path / UNIT
    path.write_text(render_unit(PLACE, "/usr/bin/env"))
    done = subprocess.run(["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("folder", ["/state with blanks", "/state\nExecStart=/bin/sh", "/100%", "relative", "/a$b", '/"'])
def test_a_path_that_a_unit_could_misread_is_refused(folder):
    with pytest.raises(InputError):
        render_unit(Place(RUN, folder, 0, 0, "/run/docker.sock", 0), "/usr/bin/python3")


def test_the_container_sees_what_it_samples_and_may_change_nothing_but_its_folder():
    words = run_arguments(PLACE, "python:3", "/var/lib/docker")
    mounts = [words[number + 1] for number, word in enumerate(words) if word == "--mount"]
    assert [mount for mount in mounts if not mount.endswith(",readonly")] == [
        f"type=bind,source={PLACE.folder},target={PLACE.folder}",
        "type=bind,source=/run/docker.sock,target=/run/docker.sock",
    ]
    assert words[-4:] == [f"{PLACE.folder}/agent.pyz", "contained", PLACE.folder, supervised_name(RUN)]
    assert " ".join(words).find("--privileged") < 0
    assert {"--read-only", "unless-stopped", "1000:1000"} <= set(words)


def test_a_path_that_a_mount_could_misread_is_refused():
    with pytest.raises(InputError, match="cannot be mounted"):
        run_arguments(Place(RUN, "/state,target=/etc", 0, 0, "/run/docker.sock", 0), "python:3", "/var/lib/docker")


@pytest.mark.parametrize(
    ("said", "alive"),
    [
        ("running\n", True), ("restarting\n", True), ("exited\n", False), ("dead\n", False),
        (Completed(("docker",), 1, "", "Error: No such container: x"), False),
        (Completed(("docker",), 1, "", "Cannot connect to the Docker daemon"), True),
        (CommandError("docker has not ended"), True),
    ],
)  # fmt: skip
def test_a_container_whose_engine_is_away_comes_back_with_it(said, alive):
    assert Container(PLACE, "python:3", Commands(inspect=said)).alive() == alive


@pytest.mark.parametrize(
    ("under_systemd", "image", "kind"),
    [(True, "", "systemd"), (True, "python:3", "systemd"), (False, "python:3", "container"), (False, "", "loop")],
)
def test_the_best_supervisor_that_the_host_has_is_chosen_where_nobody_says_one(units, under_systemd, image, kind):
    if not under_systemd:
        (units / "booted").rmdir()
    chosen = {"kind": "auto", "image": image}
    assert chosen_supervisor(chosen, str(units / "units"), str(units / "booted")) == {"kind": kind, "image": image}
    assert chosen_supervisor({**chosen, "kind": "loop"}, str(units / "units"), str(units / "booted"))["kind"] == "loop"


def test_a_host_whose_units_this_user_may_not_make_is_left_to_the_others(units):
    assert chosen_supervisor({"kind": "auto"}, str(units / "no-such-folder"), str(units / "booted"))["kind"] == "loop"


def test_an_unknown_supervisor_is_refused(tmp_path):
    with pytest.raises(InputError, match="unknown supervisor 'cron'"):
        supervisor_of(SoakFolder(str(tmp_path)), {"kind": "cron"}, RUN, "/run/docker.sock")


def test_without_an_engine_nothing_is_started_that_needs_it(tmp_path):
    place = place_of(SoakFolder(str(tmp_path)), RUN, str(tmp_path / "nothing.sock"))
    with pytest.raises(InputError, match="socket is not there"):
        Container(place, "python:3", Commands()).check()


def test_the_agent_is_who_owns_the_folder(tmp_path):
    (tmp_path / "socket").write_text("")
    place, home = place_of(SoakFolder(str(tmp_path)), RUN, str(tmp_path / "socket")), Path(tmp_path).stat()
    assert (place.user, place.group, place.engine_group) == (home.st_uid, home.st_gid, home.st_gid)
