# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much of the soak each container was seen: a container that went away, or an engine that did not answer, shows here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..measurement import measurement
from .soak_progress import Coverage


def watched_measurements(watched: Mapping[str, Coverage]) -> list[dict[str, Any]]:
    """container.coverage and container.longest_gap of every container that was ever seen."""
    found = []
    for name, covered in sorted(watched.items()):
        labels, source = {"container": name}, f"soak agent, {covered.taken} of {covered.expected} samples"
        found.append(measurement("container.coverage", round(covered.ratio, 6), "ratio", labels, source))
        found.append(measurement("container.longest_gap", covered.longest_gap, "s", labels, source))
    return found
