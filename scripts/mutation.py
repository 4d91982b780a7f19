"""Mutation testing of the judge: changes its code in small ways and looks whether a test falls.

    python scripts/mutation.py [--sample 600] [--seed 1] [--only judge.py]

cosmic-ray works on a copy below .cache/mutation, never on the checkout. A mutant that survives must stand in
tests/mutation_survivors.yml with the reason why it changes nothing that counts; any other one makes this script fail.
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".cache/mutation"
SETTINGS = "tests/mutation.toml"
KNOWN = ROOT / "tests/mutation_survivors.yml"
# A loop that a mutant made endless may also eat memory.
MEMORY_LIMIT = 4 << 30
Mutant = dict[str, Any]


def copy_checkout(target: Path) -> None:
    """Copy what a commit would hold: tracked files and new ones that git does not ignore."""
    shutil.rmtree(target, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        source, place = ROOT / name, target / name
        if source.is_symlink() or source.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, place, follow_symlinks=False)


def cosmic_ray(tree: Path, program: str, *arguments: str) -> None:
    """Run one of cosmic-ray's programs in the copy, with nothing left of another run's byte code."""

    def limit_memory() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))

    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    subprocess.run([program, *arguments], cwd=tree, check=True, env=environment, preexec_fn=limit_memory)


def leave_out(session: Path, sample: int, seed: int, only: str) -> int:
    """Mark all but a random sample as skipped; return how many mutants there were to choose from."""
    with sqlite3.connect(session) as database:
        # The ids of jobs are random; a seed must choose by what the mutant is.
        pending = database.execute(
            "SELECT job_id, module_path FROM mutation_specs WHERE job_id NOT IN (SELECT job_id FROM work_results) "
            "ORDER BY module_path, operator_name, occurrence, operator_args"
        ).fetchall()
        every = [job for job, path in pending if path.endswith(only)]
        size = min(sample or len(every), len(every))
        chosen = set(random.Random(seed).sample(every, size))  # noqa: S311 - a sample, no secret
        skipped = [(job, "SKIPPED") for job, _path in pending if job not in chosen]
        database.executemany("INSERT INTO work_results (job_id, worker_outcome) VALUES (?, ?)", skipped)
    return len(every)


def results(session: Path) -> list[Mutant]:
    """Return the mutants that were tried: module, outcome, and the lines before and after."""
    with sqlite3.connect(session) as database:
        rows = database.execute(
            "SELECT module_path, start_pos_row, test_outcome, diff FROM mutation_specs JOIN work_results USING (job_id) "
            "WHERE worker_outcome != 'SKIPPED' ORDER BY module_path, start_pos_row"
        ).fetchall()
    return [{"module": Path(path).name, "line": line, "outcome": outcome, **_changed(diff or "")} for path, line, outcome, diff in rows]


def _changed(diff: str) -> dict[str, str]:
    lines = [line for line in diff.splitlines() if line[:3] not in ("---", "+++")]
    return {name: " ".join(line[1:].strip() for line in lines if line[:1] == sign) for name, sign in (("before", "-"), ("after", "+"))}


def unknown(survivors: list[Mutant]) -> list[Mutant]:
    """Return the survivors that nobody has judged yet."""
    judged = yaml.safe_load(KNOWN.read_text()) if KNOWN.exists() else []
    known = {(item["module"], item["before"], after) for item in judged or [] for after in item["after"]}
    return [item for item in survivors if (item["module"], item["before"], item["after"]) not in known]


def main() -> int:
    """Make the mutants, try them, tell what survived."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=0, help="how many, chosen at random; 0: all")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another sample")
    parser.add_argument("--only", default="", help="the name of one module")
    given = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    tree, session = FOLDER / "tree", FOLDER / "session.sqlite"
    session.unlink(missing_ok=True)
    copy_checkout(tree)
    cosmic_ray(tree, "cosmic-ray", "baseline", SETTINGS)
    cosmic_ray(tree, "cosmic-ray", "init", SETTINGS, str(session))
    cosmic_ray(tree, "cr-filter-operators", str(session), SETTINGS)
    there_are = leave_out(session, given.sample, given.seed, given.only)
    cosmic_ray(tree, "cosmic-ray", "exec", SETTINGS, str(session))
    tried = results(session)
    survivors = [item for item in tried if item["outcome"] == "SURVIVED"]
    new = unknown(survivors)
    for module, count in sorted(collections.Counter(item["module"] for item in tried).items()):
        alive = sum(item["module"] == module for item in survivors)
        print(f"{module:<16} {count:>5} tried {alive:>4} survived")
    counts = f"{len(tried) - len(survivors)} killed, {len(survivors)} survived, {len(new)} of them not judged"
    print(f"{len(tried)} of {there_are} mutants tried, {counts}")
    for item in new:
        print(f"{item['module']}:{item['line']}\n  - {item['before']}\n  + {item['after']}")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
