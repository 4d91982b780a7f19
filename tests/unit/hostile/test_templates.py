# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What looks like a template in evidence stays text, all the way through a real Ansible.

One play takes it from a QA sheet, labels, sources, details, a sign-off and an incident into the ledger, out of it, through the
gate, the tables, facts and messages. The same play shows that the fencing token travels with the run from host to host.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.io.ledger.ledger_file import LedgerFile

ROOT = Path(__file__).resolve().parents[3]
COMMIT = "1a2b3c4d5e6f" + "0" * 28

PLAY = """
- name: Hostile text goes through everything
  hosts: probe:staging
  gather_facts: false
  vars:
    stagegate_phase: manual_qa
    stagegate_gates:
      manual_qa:
        title: QA
        criteria:
          - {id: manual_qa.pass_rate, sli: qa.points_passed / qa.points_total, pass: ">= 95 pct", key: true}
          - {id: manual_qa.reported, sli: reported.count, each: name, pass: "== 0 count"}
  tasks:
    - name: Open the run
      proofile.stagegate.run:
        state_dir: "{{ state_dir }}"
        application: app
        commit: "{{ commit }}"
        policy: demo
        gates: "{{ stagegate_gates }}"
      register: opened
      delegate_to: staging_host
      run_once: true

    - name: Keep the run
      ansible.builtin.set_fact:
        stagegate_run: "{{ opened.run }}"

    - name: Open the phase
      ansible.builtin.include_tasks: "{{ root }}/playbooks/tasks/open_phase.yml"

    - name: Keep the token, and let the probe join anew, as after plays in which it was not
      ansible.builtin.set_fact:
        first_token: "{{ stagegate_run.token }}"
        stagegate_run: "{{ opened.run if inventory_hostname == 'probe_host' else stagegate_run }}"

    - name: Open the phase again, as another controller does
      proofile.stagegate.phase:
        run: "{{ opened.run }}"
        phase: manual_qa
      register: other
      run_once: true

    - name: Open the phase without knowing of the other one
      ansible.builtin.include_tasks:
        file: "{{ root }}/playbooks/tasks/open_phase.yml"
        apply: {ignore_errors: true}

    - name: Keep what was said, and go on as the other controller
      ansible.builtin.set_fact:
        fenced: "{{ __stagegate_phase.msg }}"
        stagegate_run: "{{ other.run }}"

    - name: Open the phase once more
      ansible.builtin.include_tasks: "{{ root }}/playbooks/tasks/open_phase.yml"

    - name: Read the sheet
      proofile.stagegate.qa_checklist:
        path: "{{ sheet }}"
      register: sheet_read
      run_once: true

    - name: Record everything
      proofile.stagegate.ledger:
        run: "{{ stagegate_run }}"
        phase: manual_qa
        measurements: "{{ sheet_read.measurements + hostile.measurements }}"
        entries: "{{ hostile.entries }}"
      run_once: true

    - name: Judge
      ansible.builtin.include_role:
        name: proofile.stagegate.gate
      vars:
        gate_phase: manual_qa
        gate_stop_on_hold: false

    - name: Ask why
      proofile.stagegate.ledger_query:
        state_dir: "{{ state_dir }}"
        want: why
      register: why
      run_once: true

    - name: Ask who signed
      proofile.stagegate.ledger_query:
        state_dir: "{{ state_dir }}"
        want: signoffs
        release: "{{ stagegate_run.release }}"
      register: signed
      run_once: true

    - name: Make facts of it, which are templated when they are used
      ansible.builtin.set_fact:
        said: "{{ signed.signoffs | map(attribute='statement') | list + [why.sentence, gate_result.message, gate_result.table] }}"

    - name: Show it as the playbooks do
      ansible.builtin.debug:
        msg: "{{ said + [signed.signoffs[0].person ~ ' says ' ~ signed.signoffs[0].statement] + sheet_read.not_passed }}"
      run_once: true

    - name: Write it down
      ansible.builtin.copy:
        dest: "{{ state_dir }}/said.json"
        content: "{{ {'said': said, 'outcomes': gate_result.outcomes, 'tokens': tokens, 'fenced': fenced} | to_json }}"
        mode: "0600"
      vars:
        tokens:
          - "{{ first_token }}"
          - "{{ other.run.token }}"
          - "{{ hostvars.probe_host.stagegate_run.token }}"
          - "{{ hostvars.staging_host.stagegate_run.token }}"
      run_once: true

- name: Verify
  import_playbook: "{{ root }}/playbooks/verify_ledger.yml"
"""
INVENTORY = """
staging: {hosts: {staging_host: {ansible_connection: local}}}
probe: {hosts: {probe_host: {ansible_connection: local}}}
all: {vars: {ansible_python_interpreter: "{{ ansible_playbook_python }}"}}
"""


class Played(NamedTuple):
    """A play that ended: what Ansible printed, what the play wrote down, the state folder, the mark of an execution, the text."""

    output: str
    said: Any
    state: Path
    executed: Path
    hostile: str


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Run the play, once."""
    folder = tmp_path_factory.mktemp("play")
    state, executed = folder / "state", folder / "executed"
    text = f"{{{{ lookup('pipe', 'touch {executed}') }}}} {{% set x = 1 %}} ${{HOME}}"
    (folder / "sheet.md").write_text(f"# Login\n- [ ] {text}\n- [x] fine\n")
    measurement = {"sli": "reported.count", "unit": "count", "value": 1, "labels": {"name": text}, "source": text, "detail": [text]}
    entries = [
        {"kind": "signoff", "body": {"team": text, "person": text, "release": COMMIT[:12], "statement": text}},
        {"kind": "incident", "body": {"cause": text, "notes": [text]}},
    ]
    given = {"measurements": [measurement], "entries": entries}
    (folder / "hostile.json").write_text(json.dumps(given))
    (folder / "play.yml").write_text(PLAY)
    (folder / "hosts.yml").write_text(INVENTORY)
    extra = {"root": str(ROOT), "state_dir": str(state), "commit": COMMIT, "sheet": str(folder / "sheet.md")}
    extra |= {"verify_hosts": "staging_host", "verify_state_dir": str(state)}
    # Read by a lookup, not given as a variable: variables of the operator are templates by right, evidence is not.
    extra["hostile"] = "{{ lookup('ansible.builtin.file', '" + str(folder / "hostile.json") + "') | from_json }}"
    argv = [shutil.which("ansible-playbook") or str(Path(sys.executable).with_name("ansible-playbook"))]
    argv += ["-i", str(folder / "hosts.yml"), str(folder / "play.yml"), "-e", json.dumps(extra)]
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_HOME": str(folder / "home"), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return Played(done.stdout + done.stderr, json.loads((state / "said.json").read_text()), state, executed, text)


def test_nothing_that_looks_like_a_template_is_ever_carried_out(played: Played) -> None:
    assert not played.executed.exists()


def test_every_text_field_keeps_its_text(played: Played) -> None:
    bodies = [entry["body"] for entry in LedgerFile(str(played.state)).entries()]
    reported = next(body for body in bodies if body.get("sli") == "reported.count")
    assert (reported["labels"], reported["source"], reported["detail"]) == ({"name": played.hostile}, played.hostile, [played.hostile])
    signed = next(body for body in bodies if "statement" in body)
    assert {signed["team"], signed["person"], signed["statement"]} == {played.hostile}
    told = next(body for body in bodies if "cause" in body)
    assert (told["cause"], told["notes"]) == (played.hostile, [played.hostile])
    points = next(body for body in bodies if body.get("sli") == "qa.points_passed")
    assert points["detail"] == [f"line 2: {played.hostile}"]
    assert played.said["said"][0] == played.hostile


def test_tables_messages_and_the_output_of_ansible_show_it_as_text(played: Played) -> None:
    # The names of things are cut to the width of a table; what is shown of them is what was written.
    assert "{{ lookup('pipe'" in played.output
    assert "{{ lookup('pipe'" in json.dumps(played.said["outcomes"])
    assert "gate manual_qa: FAIL" in played.output


def test_the_token_travels_from_host_to_host(played: Played) -> None:
    first, other, probe, staging = played.said["tokens"]
    assert first < other < probe == staging
    assert "another writer has taken over" in played.said["fenced"]
    assert f"(entry {other})" in played.said["fenced"]


def test_the_ledger_of_the_play_is_verified_by_the_playbook(played: Played) -> None:
    assert "the ledger is whole" in played.output
    assert LedgerFile(str(played.state)).problems() == []
