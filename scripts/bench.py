"""`make bench`: the figures of docs/benchmarks.md, measured on the demo in one run. Needs a demo that has ended in GO.

Prints a Markdown section with machine and date; with --write it is put into docs/benchmarks.md.
"""

from __future__ import annotations

import datetime
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/benchmarks.md"
MARK = "<!-- measured by make bench -->"
PLAY = ["ansible-playbook", "-i", "inventories/demo"]

# What a train would cost without us: the tasks in which nothing but the application's own commands, browsers and waiting happens.
OWN_WORK = (
    "Build the images",
    "Run the unit tests",
    "Measure the client bundle",
    "Make the deployment package",
    "Bring the stateful services up",
    "Back up, migrate under a lock, look again",
    "Start the release and wait until it is healthy",
    "Ask every component itself",
    "Do the journeys in Chromium",
    "A release may die only after a minute",
    "Watch the soak",
    "Look at every page at every width",
    "Do the journeys in every browser engine",
    "Take things away, see how the application behaves",
    "Run the application's own end-to-end suite",
)
TASK = re.compile(r"^  [✓±] (.+?)\s{2,}((?:\d+ min )?[\d.]+) s")


@dataclass(frozen=True)
class Timed:
    """A command that ended well: wall time in seconds and what it printed."""

    seconds: float
    output: str


def timed(argv: list[str]) -> Timed:
    """Run a command; a bad end ends the benchmark."""
    begun = time.monotonic()
    done = subprocess.run(
        argv, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, env={**os.environ, "ANSIBLE_NOCOLOR": "1"}, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(argv)} ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
    return Timed(time.monotonic() - begun, done.stdout)


def seconds_of(text: str) -> float:
    """`1 min 30` or `5.3` as seconds."""
    minutes, _, rest = text.rpartition(" min ")
    return (float(minutes) * 60 if minutes else 0.0) + float(rest)


def own_work(output: str) -> float:
    """Seconds that the train spent in the application's own commands."""
    tasks = [TASK.match(line) for line in output.splitlines()]
    return sum(seconds_of(task.group(2)) for task in tasks if task and task.group(1).rstrip("… ").startswith(prefixes()))


def prefixes() -> tuple[str, ...]:
    """The terminal cuts long names: the first 60 characters decide."""
    return tuple(name[:60] for name in OWN_WORK)


def median_of(argv: list[str], runs: int) -> float:
    """Median wall time of some runs after one that is not counted."""
    timed(argv)
    return statistics.median(timed(argv).seconds for _ in range(runs))


def measure() -> list[tuple[str, str, str]]:
    """(what, figure, target) of every figure."""
    status = median_of([*PLAY, "playbooks/report_status.yml"], 5)
    setup = median_of(["scripts/setup"], 5)
    deploy = timed([*PLAY, "playbooks/deploy_release.yml"])
    changed = re.search(r"changed=(\d+)", deploy.output)
    train = timed([*PLAY, "playbooks/staging.yml", "-v", "-e", "stagegate_release_ref=v2", "-e", "stagegate_fresh=true"])
    work = own_work(train.output)
    return [
        ("`make setup` with everything in place", f"{setup:.2f} s", "< 2 s"),
        ("`report_status.yml`", f"{status:.1f} s", "< 5 s"),
        ("second deployment of the same release", f"{deploy.seconds:.0f} s, changed={changed.group(1) if changed else '?'}", "changed=0"),
        ("the whole train, images cached", f"{train.seconds:.0f} s", "< 300 s"),
        ("of which the application's own commands, browsers, soak", f"{work:.0f} s", ""),
        ("the train over its own commands", f"{train.seconds / work:.2f}x", "< 1.15x"),
    ]


def section(rows: list[tuple[str, str, str]]) -> str:
    """The figures as Markdown, with machine and date."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    where = f"{datetime.date.today()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release().split('-')[0]}"
    lines = [f"Measured {where}:", "", "| what | figure | target |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {what} | {figure} | {target} |" for what, figure, target in rows)])


def main() -> int:
    """Measure, print, write."""
    text = section(measure())
    print(text)
    if "--write" in sys.argv:
        head = PAGE.read_text().partition(MARK)[0]
        PAGE.write_text(f"{head}{MARK}\n{text}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
