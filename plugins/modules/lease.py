#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take, give back or break the lease of an application."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lease
short_description: Take, give back or break the lease of an application
version_added: 0.1.0
description:
  - Who holds the lease may change what runs. Everybody else is refused, and told who holds it, since when, and when its last sign of
    life was. Every step that changes something looks at its token before it does, and gives signs of life while it works.
  - A lease without a sign of life for O(ttl_seconds), or from before a boot of the host, is taken over by whoever asks. The same owner
    who starts the same run again takes over as soon as the former start was silent for O(patience_seconds).
  - Its time is the boot clock of the host; a wall clock that jumps changes nothing. Each lease has a greater token than the one before.
  - A take-over and a break are recorded in the ledger, as incidents, before they take effect.
author: ProoFile operations (@proofile)
options:
  state_dir:
    description: The state folder of the application.
    type: path
    required: true
  run:
    description: The run for which the lease is held, as M(proofile.stagegate.run) returns it; a break is recorded under it.
    type: dict
    required: true
  state:
    description: Take it (or keep it), give it back, or take it away from whoever holds it.
    type: str
    choices: [held, free, broken]
    default: held
  owner:
    description: Who asks, as user@controller.
    type: str
    required: true
  purpose:
    description: What it is for, in a few words.
    type: str
    default: ''
  token:
    description: The token of the lease that is held already. 0 is none; giving back with 0 does nothing.
    type: int
    default: 0
  reason:
    description: Why it is broken.
    type: str
    default: ''
  break_command:
    description: The command by which a lease of somebody who is dead is broken; told to whoever is refused.
    type: str
    default: ansible-playbook -i <inventory> playbooks/break_lease.yml -e reason='...'
  ttl_seconds:
    description: How long the lease lives without a sign of life.
    type: float
    default: 900
  patience_seconds:
    description: How long a former start of the same run must be silent before it is taken over.
    type: float
    default: 20
  wait_seconds:
    description: How long that silence is waited for.
    type: float
    default: 120
attributes:
  check_mode:
    description: In check mode it is told what would happen, nothing is written, and nobody is refused.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Take the lease
  proofile.stagegate.lease:
    state_dir: "{{ stagegate_run.state_dir }}"
    run: "{{ stagegate_run }}"
    owner: alice@controller1
    purpose: deploy
  register: lease

- name: Give it back
  proofile.stagegate.lease:
    state_dir: "{{ stagegate_run.state_dir }}"
    run: "{{ stagegate_run }}"
    state: free
    owner: alice@controller1
    token: "{{ lease.token }}"
"""

RETURN = r"""
token:
  description: The token of the lease that is held now; 0 when none is held by us.
  returned: always
  type: int
verdict:
  description: C(granted), C(re-entered), C(taken over), C(given back), C(broken), or C(nothing) when there was nothing to do.
  returned: always
  type: str
message:
  description: One sentence about it.
  returned: always
  type: str
resuming:
  description: With O(state=held), C(resuming run X at step Y) when the journal says that this run was killed at work; else empty.
  returned: always
  type: str
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import InputError
from ..module_utils.core.ledger.entries import Draft
from ..module_utils.core.ledger.runs import check_run
from ..module_utils.core.release.journal import last_step, standing
from ..module_utils.core.release.lease import BREAK, REENTERED, TAKEN_OVER, Answer, Asked, Lease
from ..module_utils.io.ledger.ledger_file import LedgerFile
from ..module_utils.io.release.journal_file import JournalFile
from ..module_utils.io.release.lease_file import LeaseFile
from ..module_utils.io.system.boot_clock import moment

SPEC = {
    "state_dir": {"type": "path", "required": True},
    "run": {"type": "dict", "required": True},
    "state": {"type": "str", "choices": ["held", "free", "broken"], "default": "held"},
    "owner": {"type": "str", "required": True},
    "purpose": {"type": "str", "default": ""},
    "token": {"type": "int", "default": 0, "no_log": False},
    "reason": {"type": "str", "default": ""},
    "break_command": {"type": "str", "default": BREAK},
    "ttl_seconds": {"type": "float", "default": 900},
    "patience_seconds": {"type": "float", "default": 20},
    "wait_seconds": {"type": "float", "default": 120},
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Take, give back or break."""
    run = check_run(params["run"])
    if not params["owner"].strip():
        raise InputError("the lease needs an owner", where="parameter owner", todo="say who asks, as user@controller")
    lease = LeaseFile(params["state_dir"])
    # Recording is not changing: who holds the lease is memory, as the ledger is. A break is an act.
    result = {"changed": False, "token": 0, "verdict": "nothing", "message": "", "resuming": ""}
    if params["state"] == "broken":
        return {**result, **_break(lease, params, run, check_mode)}
    if params["state"] == "free":
        freed = not check_mode and params["token"] > 0 and lease.give_back(params["token"])
        return {**result, "verdict": "given back" if freed else "nothing", "message": "the lease was given back" if freed else ""}
    return {**result, **_take(lease, params, run, check_mode)}


def _take(lease: LeaseFile, params: Mapping[str, Any], run: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    given = (params["purpose"], params["ttl_seconds"], params["patience_seconds"], params["token"], params["break_command"])
    asked = Asked(params["owner"], run["id"], *given)
    if check_mode:
        answer = lease.asked(asked)
        return {"verdict": answer.verdict, "message": f"the lease would be {answer.verdict}: {answer.reason}"}

    def tell(found: Answer) -> None:
        body = {"event": "lease_taken_over", "by": params["owner"], "why": found.reason, **_holder(found.former)}
        LedgerFile(params["state_dir"]).append(run, [Draft("incident", "", body)])

    answer = lease.take(asked, tell, params["wait_seconds"])
    journal = JournalFile(params["state_dir"])
    lines = journal.lines()
    resuming = "" if answer.verdict == REENTERED else standing(lines, run["id"])
    if answer.verdict == TAKEN_OVER and not resuming and answer.former and answer.former.run == run["id"]:
        resuming = f"resuming run {run['id']} after step {last_step(lines, run['id']) or 'none'}: its former start gave no lease back"
    torn = {"warnings": ["The last line of the journal was torn, its writer was killed."]} if journal.torn() else {}
    message = f"lease {answer.lease.token if answer.lease else 0} {answer.verdict}: {answer.reason}"
    token = answer.lease.token if answer.lease else 0
    return {"token": token, "verdict": answer.verdict, "message": message, "resuming": resuming, **torn}


def _break(lease: LeaseFile, params: Mapping[str, Any], run: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    if not params["reason"].strip():
        raise InputError("a lease is broken for a reason", where="parameter reason", todo="give -e reason='the controller is gone'")
    if check_mode:
        held = lease.kept().lease
        return {"changed": held is not None, "message": f"would be broken: {held.described(moment())}" if held else "nobody holds it"}
    told = []

    def tell(held: Any) -> None:
        told.append(held)
        body = {"event": "lease_broken", "by": params["owner"], "why": params["reason"][:1000], **_holder(held)}
        LedgerFile(params["state_dir"]).append(run, [Draft("incident", "", body)])

    held = lease.break_it(tell)
    if not told:
        return {"message": "nobody holds the lease, there was nothing to break"}
    was = held.described(moment()) if held else "its file could not be read"
    return {"changed": True, "verdict": "broken", "message": f"the lease was broken: {was}"}


def _holder(lease: Any) -> Mapping[str, Any]:
    """The former holder, as the ledger keeps it."""
    if not isinstance(lease, Lease):
        return {"from": "", "from_run": "", "from_purpose": "", "from_token": 0, "taken": ""}
    return {"from": lease.owner, "from_run": lease.run, "from_purpose": lease.purpose, "from_token": lease.token, "taken": lease.taken}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
