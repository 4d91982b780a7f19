# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: train
type: stdout
short_description: Shows the phases of a staging train, what each did, and its verdict
version_added: 0.1.0
author: ProoFile operations (@proofile)
description:
  - Prints a heading for every play, a line for every task that changed something or took longer than a second, the text of
    gate tables and progress messages as it is, and a failure as what, where, why, what to do.
  - On a terminal the task that is at work is named in a line that the next one replaces.
  - With C(-v) every task has its line.
extends_documentation_fragment:
  - ansible.builtin.result_format_callback
"""

import os
import shutil
import sys
import time

from ansible import constants as C
from ansible.plugins.callback import CallbackBase

from ..module_utils.core.report.console import at_work, failure_lines, heading, message_lines, task_line, worth_a_line

TEXT_ACTIONS = ("debug", "ansible.builtin.debug")
# A play that is left out has skipped all its tasks by then, and needs no heading.
HEADING_SECONDS = 1.0
ERASE_LINE = "\r\033[K"


class CallbackModule(CallbackBase):
    """One line a task, one heading a play."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "proofile.stagegate.train"

    def __init__(self):
        super().__init__()
        self._begun = {}
        self._heading = ""
        self._play_begun = self._start = time.monotonic()
        self._is_terminal = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._shown = False  # whether the last line of the terminal names the task at work

    def v2_playbook_on_play_start(self, play):
        # A play without a name is machinery: its tasks appear under the heading that is already there.
        title = play.get_name().strip() if play.name else ""
        self._heading = heading(title, time.strftime("%H:%M:%S")) if title else ""
        self._play_begun = time.monotonic()

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._begin(task)

    def v2_playbook_on_handler_task_start(self, task):
        self._begin(task)

    def v2_runner_on_ok(self, result):
        self._warn(result)
        said, task = result.result, result.task
        if task.action in TEXT_ACTIONS:
            if not said.get("results"):
                self._say(message_lines(said))
            return
        changed = bool(said.get("changed"))
        seconds = self._seconds(task)
        if worth_a_line(task.action, changed, seconds) or self._display.verbosity:
            mark, color = ("±", C.COLOR_CHANGED) if changed else ("✓", C.COLOR_OK)
            self._line(task_line(mark, self._name(task), seconds, self._remark(result)), color)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        if result.result.get("results"):  # every failed item has had its own line
            return
        if ignore_errors:
            self._line(task_line("!", self._name(result.task), self._seconds(result.task), "ignored"), C.COLOR_WARN)
            return
        self._line(task_line("✗", self._name(result.task), self._seconds(result.task), self._remark(result)), C.COLOR_ERROR)
        self._say(failure_lines(result.result), C.COLOR_ERROR)

    def v2_runner_item_on_ok(self, result):
        said = result.result
        if result.task.action in TEXT_ACTIONS:
            self._say(message_lines(said))
        elif isinstance(said.get("status"), dict) and said["status"].get("line"):
            self._say(str(said["status"]["line"]).split("\n"))

    def v2_runner_item_on_failed(self, result):
        self._line(task_line("✗", self._name(result.task), self._seconds(result.task), self._remark(result)), C.COLOR_ERROR)
        self._say(failure_lines(result.result), C.COLOR_ERROR)

    def v2_runner_on_unreachable(self, result):
        self._line(
            task_line("✗", self._name(result.task), self._seconds(result.task), f"{result.host.get_name()} unreachable"),
            C.COLOR_UNREACHABLE,
        )
        self._say(failure_lines(result.result), C.COLOR_UNREACHABLE)

    def v2_runner_on_skipped(self, result):
        if self._display.verbosity:
            self._line(task_line("-", self._name(result.task), 0.0, "skipped"), C.COLOR_SKIP)

    def v2_on_file_diff(self, result):
        for item in result.result.get("results", [result.result]):
            if item.get("diff") and item.get("changed"):
                self._line(self._get_diff(item["diff"]))

    def v2_playbook_on_no_hosts_matched(self):
        self._line("  no host of the inventory belongs to this play", C.COLOR_SKIP)

    def v2_playbook_on_stats(self, stats):
        self._erase()
        self._display.display("")
        for host in sorted(stats.processed):
            counts = stats.summarize(host)
            shown = ", ".join(f"{word}={counts[word]}" for word in ("ok", "changed", "failures", "unreachable", "rescued"))
            color = C.COLOR_ERROR if counts["failures"] or counts["unreachable"] else C.COLOR_OK
            self._display.display(f"{host}: {shown} in {time.monotonic() - self._start:.0f} s", color=color)

    @staticmethod
    def _name(task):
        return task.name or task.action

    def _remark(self, result):
        delegated = (result.result.get("_ansible_delegated_vars") or {}).get("ansible_delegated_host")
        host = result.host.get_name()
        return f"on {delegated}" if delegated and delegated != host else ("" if host == "localhost" else f"on {host}")

    def _seconds(self, task):
        return time.monotonic() - self._begun.get(task._uuid, time.monotonic())

    def _begin(self, task):
        now = time.monotonic()
        self._begun[task._uuid] = now
        if now - self._play_begun > HEADING_SECONDS:
            self._head()
        self._erase()
        if self._is_terminal and not self._heading:
            sys.stdout.write(at_work(self._name(task), shutil.get_terminal_size().columns))
            sys.stdout.flush()
            self._shown = True

    def _erase(self):
        if self._shown:
            sys.stdout.write(ERASE_LINE)
            sys.stdout.flush()
            self._shown = False

    def _head(self):
        if self._heading:
            self._erase()
            self._display.display("\n" + self._heading, color=C.COLOR_HIGHLIGHT)
            self._heading = ""

    def _line(self, text, color=None):
        self._head()
        self._erase()
        self._display.display(text, color=color)

    def _say(self, lines, color=None):
        for line in lines:
            self._line(f"    {line}", color)

    def _warn(self, result):
        self._erase()
        self._handle_warnings_and_exception(result)
