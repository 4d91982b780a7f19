"""A call of the module `gate` beside a call of `ansible.builtin.ping`, on the same connection: local and pipelined."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

from .measure import Row, run, spread

CALLS = 10
PAIRS = 8
GATES = {
    "build": {
        "title": "Build",
        "requires": [],
        "criteria": [
            {"id": "build.bundle", "sli": "bundle.size{set=all_client_js}", "pass": ["265-465 kB"], "key": True},
            {"id": "build.warnings", "sli": "build.warnings", "pass": "== 0 count"},
            {"id": "build.failures", "sli": "build.failures", "each": "command", "pass": "== 0 count"},
        ],
    }
}
EVIDENCE = [
    {"sli": "bundle.size", "labels": {"set": "all_client_js", "encoding": "gzip"}, "unit": "B", "value": 300000, "source": "bench"},
    {"sli": "build.warnings", "unit": "count", "value": 0, "source": "bench"},
    {"sli": "build.failures", "labels": {"command": "npm run build"}, "unit": "count", "value": 0, "source": "bench"},
]
OPENED, STARTED = "{{ opened.run }}", "{{ started.run | default(opened.run) }}"
TIMED = re.compile(r"^(ping|gate) (\d+) -+ ([\d.]+)s$", re.MULTILINE)


def rows() -> list[Row]:
    """All calls in one play, pair by pair; one call of each before, for what Ansible keeps."""
    with tempfile.TemporaryDirectory(prefix="stagegate-bench-") as folder:
        play = Path(folder) / "play.json"
        play.write_text(json.dumps(_play(f"{folder}/state")))
        told = {
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal",
            "ANSIBLE_CALLBACKS_ENABLED": "ansible.posix.profile_tasks",
            "PROFILE_TASKS_TASK_OUTPUT_LIMIT": "all",
        }
        output = run(["ansible-playbook", "-i", "localhost,", str(play)], told).output
    seconds = {(name, int(number)): float(taken) / CALLS for name, number, taken in TIMED.findall(output)}
    pings, gates = ([seconds[name, number] for number in range(PAIRS)] for name in ("ping", "gate"))
    return [
        Row("`ansible.builtin.ping`, local, pipelined", spread(pings, " s")),
        Row("module `gate`, 3 criteria, on the same connection", spread(gates, " s")),
        Row("`gate` over `ping`", spread([gate / ping for gate, ping in zip(gates, pings)], "x"), "< 1.3x"),
    ]


def _play(state: str) -> list[dict[str, Any]]:
    run_of = {"state_dir": state, "application": "bench", "commit": "1a2b3c4d5e6f" + "0" * 28, "policy": "bench", "gates": "{{ gates }}"}
    gate = {"run": STARTED, "phase": "build", "gates": "{{ gates }}"}
    tasks: list[dict[str, Any]] = [
        {"name": "open", "proofile.stagegate.run": run_of, "register": "opened"},
        {"name": "start", "proofile.stagegate.phase": {"run": OPENED, "phase": "build"}, "register": "started"},
        {"name": "record", "proofile.stagegate.ledger": {"run": STARTED, "phase": "build", "measurements": EVIDENCE}},
        {"name": "first ping", "ansible.builtin.ping": {}},
        {"name": "first gate", "proofile.stagegate.gate": gate, "register": "judged"},
        {"name": "look", "ansible.builtin.assert": {"that": "judged.verdict == 'GO'"}},
    ]
    for number in range(PAIRS):
        loop = {"loop": list(range(CALLS))}
        tasks.append({"name": f"ping {number}", "ansible.builtin.ping": {}, **loop})
        tasks.append({"name": f"gate {number}", "proofile.stagegate.gate": gate, **loop})
    shared = {"ansible_python_interpreter": "{{ ansible_playbook_python }}", "gates": GATES}
    return [{"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": shared, "tasks": tasks}]
