"""Playing playbooks against the demo inventory, and reading what they left on the host."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = Path(os.environ.get("STAGEGATE_HOME") or Path.home() / ".local/state/stagegate")
STATE = HOME / "proofile"
ENVIRONMENT = {**os.environ, "ANSIBLE_NOCOLOR": "1", "PATH": f"{ROOT}/.venv/bin:{os.environ['PATH']}"}


@dataclass(frozen=True)
class Played:
    """How a playbook ended."""

    rc: int
    output: str

    def counts(self) -> dict[str, int]:
        """The recap of localhost: ok, changed, failures."""
        recap = re.search(r"^localhost: (.*) in \d+ s$", self.output, re.M)
        assert recap, self.output[-2000:]
        return {word: int(number) for word, number in re.findall(r"(\w+)=(\d+)", recap.group(1))}


def run(argv: list[str], timeout: float = 1200, environment: dict[str, str] | None = None, root: Path = ROOT) -> Played:
    """Run a command from the root of a checkout, with both outputs as one text."""
    variables = {**ENVIRONMENT, **(environment or {})}
    done = subprocess.run(
        argv, cwd=root, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False
    )
    return Played(done.returncode, done.stdout + done.stderr)


def play(playbook: str, *arguments: str, timeout: float = 1200, root: Path = ROOT) -> Played:
    """Run one of the playbooks against the demo inventory."""
    return run(["ansible-playbook", "-i", "inventories/demo", f"playbooks/{playbook}.yml", *arguments], timeout, root=root)


def ledger() -> list[dict]:
    return [json.loads(line) for line in (STATE / "ledger.jsonl").read_text().splitlines()]


def commit_of(tag: str) -> str:
    done = subprocess.run(["git", "-C", str(HOME / "proofile.git"), "rev-parse", tag], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def last_gate(phase: str) -> dict:
    return next(entry for entry in reversed(ledger()) if entry["kind"] == "gate" and entry["phase"] == phase)


def failed_criteria(gate: dict) -> set[str]:
    return {outcome["id"] for outcome in gate["body"]["outcomes"] if outcome["status"] not in ("PASS", "WARN")}
