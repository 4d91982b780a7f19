# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tests `go` and `hold`: what a gate or a decision said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

VERDICTS = ("GO", "HOLD", "FAIL", "ERROR", "NO-GO")


def said(value: Any) -> str:
    """Return the verdict of a gate or decision result, or of a bare text. Anything else is an error, never a GO."""
    verdict = value.get("verdict", value.get("decision")) if isinstance(value, Mapping) else value
    if not isinstance(verdict, str) or verdict not in VERDICTS:
        raise AnsibleFilterError(f"{str(value)[:80]!r} holds no verdict; expected one of {', '.join(VERDICTS)}")
    return str(verdict)


def is_go(value: Any) -> bool:
    """True for GO and nothing else."""
    return said(value) == "GO"


def is_hold(value: Any) -> bool:
    """True for every known verdict that is not GO."""
    return said(value) != "GO"


class TestModule:
    """Ansible's entry point."""

    def tests(self) -> dict[str, Callable[[Any], bool]]:
        """Return the tests by name."""
        return {"go": is_go, "hold": is_hold}
