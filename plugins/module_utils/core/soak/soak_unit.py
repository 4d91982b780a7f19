# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a supervisor is told about the agent: the text of a systemd unit, the arguments of `docker run`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import InputError

_TEMPORARY = "tmp"  # of the engine's folder
_NAME = re.compile(r"[^A-Za-z0-9_.-]")

_UNIT = """\
# Made by proofile.stagegate for the soak of one run; removed when the soak has ended.
[Unit]
Description=proofile.stagegate soak {run}
After=docker.service network-online.target
Wants=network-online.target
ConditionPathExists=!{folder}/DONE
ConditionPathExists=!{folder}/STOP
# However often it dies: what it missed is counted, and judged.
StartLimitIntervalSec=0

[Service]
ExecStart={python} {folder}/agent.pyz sample {folder}
Restart=always
RestartSec=1
# 0: the soak has ended, or was stopped.
RestartPreventExitStatus=0
User={user}
Group={group}
SupplementaryGroups={engine_group}
WorkingDirectory=/
UMask=0077
StandardOutput=append:{folder}/agent.log
StandardError=append:{folder}/agent.log
CPUAccounting=yes
MemoryAccounting=yes
# It writes into its folder, speaks to the engine's socket and sends the load; it reads /proc and the control groups of all.
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={folder}
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
"""


@dataclass(frozen=True)
class Place:
    """Where and as whom the agent of a run lives: its folder, the owner of the folder, the engine's socket and the group of that."""

    run: str
    folder: str
    user: int
    group: int
    engine_socket: str
    engine_group: int


def supervised_name(run: str) -> str:
    """The name of the unit, and of the container."""
    return f"stagegate-soak-{_NAME.sub('-', run)}"


def render_unit(place: Place, python: str) -> str:
    """The systemd unit of an agent. Raises InputError for a path that a unit cannot name."""
    return _UNIT.format(
        run=_NAME.sub("-", place.run),
        folder=_word(place.folder),
        python=_word(python),
        user=place.user,
        group=place.group,
        engine_group=place.engine_group,
    )


def run_arguments(place: Place, image: str, data_root: str) -> list[str]:
    """The words after `docker` that start the agent's container.

    Of `data_root` only its folder for temporary files is shown, under the name of the whole: enough to see how full the disk is.
    """
    name = supervised_name(place.run)
    mounts = [
        f"type=bind,source={place.folder},target={place.folder}",
        f"type=bind,source={place.engine_socket},target={place.engine_socket}",
        "type=bind,source=/sys/fs/cgroup,target=/sys/fs/cgroup,readonly",
        f"type=bind,source={data_root}/{_TEMPORARY},target={data_root},readonly",
    ]
    for mount in mounts:
        if mount.count(",") > 3 or '"' in mount or "\n" in mount:
            raise InputError("a path of the soak cannot be mounted", where=mount, todo="use a state folder without commas and quotes")
    return [
        *("run", "--detach", "--name", name, "--label", f"stagegate.soak={place.run}", "--restart", "unless-stopped"),
        *("--network", "host", "--pid", "host", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
        *("--user", f"{place.user}:{place.group}", "--group-add", str(place.engine_group)),
        *("--log-opt", "max-size=1m", "--env", "PYTHONDONTWRITEBYTECODE=1"),
        *(word for mount in mounts for word in ("--mount", mount)),
        *("--entrypoint", "python3", image, f"{place.folder}/agent.pyz", "contained", place.folder, name),
    ]


def _word(path: str) -> str:
    """A path as one word of a unit."""
    if not re.fullmatch(r"/[A-Za-z0-9_./@:+-]*", path):
        raise InputError("a systemd unit cannot name this path", where=path, todo="use a path of letters, digits and _ . / @ : + -")
    return path
