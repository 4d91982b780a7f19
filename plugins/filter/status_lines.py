# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The status report as a filter over what the ledger answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Optional

from ansible.errors import AnsibleFilterError

from ..module_utils.core.errors import StagegateError
from ..module_utils.core.report.status import status_lines as lines_of


def status_lines(why: Any, releases: Any, ledger: Any, planned: Optional[Mapping[str, str]] = None) -> list[str]:
    """Return the report, a line an element."""
    try:
        return lines_of(why, releases, ledger, planned or {})
    except (StagegateError, KeyError, AttributeError) as error:
        raise AnsibleFilterError(f"status_lines needs the answers why, releases and verify of ledger_query: {error}") from error


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"status_lines": status_lines}
