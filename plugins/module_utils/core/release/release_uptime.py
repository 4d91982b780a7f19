# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long the active release has been up, and what died since the switch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..measurement import measurement
from ..times import duration_text, unix_seconds
from .engine_state import Container


def started_at(container: Container) -> float:
    """Unix seconds at which the container was started; the engine writes nanoseconds, of which milliseconds are kept."""
    whole, _dot, fraction = container.started.rstrip("Z").partition(".")
    return unix_seconds(f"{whole}.{(fraction + '000')[:3]}Z")


def deaths_since(container: Container, since: float) -> int:
    """Restarts after the switch, and one more for a container that does not run now.

    A restart before the switch belongs to starting up: an application may well end once before its database answers.
    """
    restarts = container.restarts if container.restarts and started_at(container) > since else 0
    return restarts + (container.state != "running")


def seconds_to_wait(since: float, settle_seconds: float, now: float) -> float:
    """What is missing until the release has been up for `settle_seconds`; a switch in the future counts as one just now."""
    return max(0.0, min(settle_seconds, since + settle_seconds - now))


def uptime_measurements(containers: Sequence[Container], since: float, now: float) -> list[dict[str, Any]]:
    """container.watched, and container.restarts of each. Nothing found: nothing said about restarts."""
    source = f"docker inspect, {duration_text(max(0.0, now - since))} after the switch"
    facts = [measurement("container.watched", len(containers), "count", source=source)]
    for container in containers:
        deaths = deaths_since(container, since)
        said = f"{container.condition}; started {container.started}" if deaths else ""
        facts.append(measurement("container.restarts", deaths, "count", {"container": container.service}, source, said))
    return facts
