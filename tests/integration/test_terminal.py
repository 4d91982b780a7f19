"""What whoever starts a playbook sees: the phase at once, the task at work on a terminal, and no trace of it in a log."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import time
from dataclasses import dataclass, field

import pytest
from staging_host import ENVIRONMENT, ROOT

PLAYS = """
- name: Phase 1 · Something that takes a while
  hosts: localhost
  gather_facts: false
  tasks:
    - {name: Begin, ansible.builtin.command: sleep 1.2, changed_when: false}
    - {name: Take a while, ansible.builtin.command: sleep 1.5, changed_when: false}
    - {name: Change something, ansible.builtin.command: "true", changed_when: true}
- name: Phase 2 · Something that is left out
  hosts: localhost
  gather_facts: false
  tasks:
    - {name: Never done, ansible.builtin.command: "false", when: false}
"""


@pytest.fixture(scope="module")
def argv(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    path = tmp_path_factory.mktemp("terminal") / "plays.yml"
    path.write_text(PLAYS)
    return ["ansible-playbook", "-i", "localhost,", "-c", "local", str(path)]


@dataclass
class Terminal:
    """All that was written to it, and when (seconds from the start) each piece of it was there."""

    text: str = ""
    pieces: list[tuple[float, str]] = field(default_factory=list)

    def first(self, words: str) -> float:
        """When these words stood there for the first time."""
        return next(at for at, text in self.pieces if words in text)


@pytest.fixture(scope="module")
def terminal(argv: list[str]) -> Terminal:
    """The plays, run on a pseudo-terminal."""
    outside, inside = pty.openpty()
    begun, shown = time.monotonic(), Terminal()
    with subprocess.Popen(argv, cwd=ROOT, env={**ENVIRONMENT, "TERM": "xterm"}, stdout=inside, stderr=inside, stdin=inside) as process:
        os.close(inside)
        with contextlib.suppress(OSError):  # the other end is closed
            while True:
                shown.text += os.read(outside, 4096).decode()
                shown.pieces.append((time.monotonic() - begun, shown.text))
        assert process.wait(60) == 0, shown.text
    os.close(outside)
    return shown


def left_on(terminal: Terminal) -> str:
    return re.sub(r"[^\n]*\r\x1b\[K", "", terminal.text).replace("\r\n", "\n")


def test_the_phase_and_the_task_at_work_are_shown_before_the_task_has_ended(terminal: Terminal) -> None:
    ended = terminal.first("✓ Take a while")
    assert terminal.first("Phase 1") < ended - 1.2
    assert terminal.first("… Take a while") < ended - 1.2


def test_nothing_of_the_task_at_work_stays_on_the_terminal(terminal: Terminal) -> None:
    assert "…" in terminal.text
    assert "…" not in left_on(terminal)
    assert re.search(r"^  ± Change something +0\.\d s$", left_on(terminal), re.M)


def test_a_phase_that_is_left_out_has_no_heading(terminal: Terminal) -> None:
    assert "Phase 2" not in terminal.text


def test_a_log_has_the_same_lines_and_no_control_characters(argv: list[str], terminal: Terminal) -> None:
    done = subprocess.run(argv, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=True)
    assert not re.search(r"[\x00-\x08\x0b-\x1f]|…", done.stdout)
    without_times = re.compile(r"\d+(\.\d+)? s|\d\d:\d\d:\d\d")
    assert without_times.sub("", done.stdout) == without_times.sub("", left_on(terminal))
