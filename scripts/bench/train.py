"""The train on the demo, which must have ended in GO."""

from __future__ import annotations

import re
import statistics

from .measure import Row, repeated, run

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
    "Start it and wait until it is healthy",
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


def rows() -> list[Row]:
    """Setup, status, a second deployment, and a whole train."""
    status = statistics.median(one.seconds for one in repeated([*PLAY, "playbooks/report_status.yml"]))
    setup = statistics.median(one.seconds for one in repeated(["scripts/setup"]))
    deploy = run([*PLAY, "playbooks/deploy_release.yml"])
    changed = "".join(re.findall(r"changed=\d+", deploy.output)[-1:])
    train = run([*PLAY, "playbooks/staging.yml", "-v", "-e", "stagegate_release_ref=v2", "-e", "stagegate_fresh=true"])
    work = own_work(train.output)
    return [
        Row("`make setup` with everything in place", f"{setup:.2f} s", "< 2 s"),
        Row("`report_status.yml`", f"{status:.1f} s", "< 5 s"),
        Row("second deployment of the same release", f"{deploy.seconds:.0f} s, {changed}", "changed=0"),
        Row("the whole train, images cached", f"{train.seconds:.0f} s", "< 300 s"),
        Row("of which the application's own commands, browsers, soak", f"{work:.0f} s"),
        Row("the train over its own commands", f"{train.seconds / work:.2f}x", "< 1.15x"),
    ]


def own_work(output: str) -> float:
    """Seconds that the train spent in the application's own commands."""
    tasks = [TASK.match(line) for line in output.splitlines()]
    # The terminal cuts long names: the first 60 characters decide.
    names = tuple(name[:60] for name in OWN_WORK)
    return sum(_seconds(task.group(2)) for task in tasks if task and task.group(1).rstrip("… ").startswith(names))


def _seconds(text: str) -> float:
    """`1 min 30` or `5.3` as seconds."""
    minutes, _, rest = text.rpartition(" min ")
    return (float(minutes) * 60 if minutes else 0.0) + float(rest)
