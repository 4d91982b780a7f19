"""Judge the soak of a state folder as the module `gate` does, without Ansible: `python -I -S judge_soak.py COLLECTIONS STATE_DIR`.

Prints one JSON object: verdict, seconds since the process began to run this file, and a number for each criterion.
"""

from __future__ import annotations

import json
import sys
import time

BEGAN = time.perf_counter()
sys.path.insert(0, sys.argv[1])

from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.evidence import EvidenceBook
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.policy import read_policy
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.verdict import gate_verdict, judge_gate
from ansible_collections.proofile.stagegate.plugins.module_utils.io.ledger.ledger_file import LedgerFile
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.series import SeriesReader


def main() -> int:
    """Judge, print."""
    state = sys.argv[2]
    with open(f"{state}/policy.json", encoding="utf-8") as stream:
        gate = read_policy(json.load(stream)).gate("soak")
    entries = LedgerFile(state).entries()
    book = EvidenceBook(entries, entries[-1]["run"], entries[-1]["release"])
    outcomes = judge_gate(gate, book, SeriesReader(state), time.time())
    shown = {outcome.id: (outcome.status, outcome.value, outcome.group) for outcome in outcomes}
    seconds = time.perf_counter() - BEGAN
    print(json.dumps({"verdict": gate_verdict(outcomes), "seconds": round(seconds, 3), "outcomes": shown}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
