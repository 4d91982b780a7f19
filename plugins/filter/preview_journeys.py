# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journeys that are done before the switch, as a filter over those of the policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils.core.eyes.preview import preview_journeys as chosen_of


def preview_journeys(journeys: Any) -> list[Any]:
    """Return those marked `preview: true` with the ones whose session they need; none is marked: the first."""
    if not isinstance(journeys, (list, tuple)) or not all(isinstance(journey, Mapping) for journey in journeys):
        raise AnsibleFilterError(f"preview_journeys needs a list of journeys, got {str(journeys)[:60]!r}")
    return list(chosen_of(journeys))


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"preview_journeys": preview_journeys}
