# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role variables that no role knows: Ansible accepts a misspelt one in silence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InputError


@dataclass(frozen=True)
class Unknown:
    """A variable of a role's prefix that no argument spec names, with the nearest name that exists."""

    name: str
    nearest: str | None


@dataclass(frozen=True)
class RoleVariables:
    """How many role variables were looked at, and which of them nobody knows."""

    checked: int
    unknown: tuple[Unknown, ...]


def known_variables(specs: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Every option of every entry point; `specs` maps a role to what its meta/argument_specs.yml holds."""
    known: set[str] = set()
    for role, spec in specs.items():
        entry_points = spec.get("argument_specs") if isinstance(spec, Mapping) else None
        if not isinstance(entry_points, Mapping):
            raise InputError(f"role {role} has no argument specs", where=f"roles/{role}/meta/argument_specs.yml")
        for entry in entry_points.values():
            known.update((entry or {}).get("options") or {})
    return known


def examine(names: Iterable[str], specs: Mapping[str, Mapping[str, Any]], extra: Sequence[str] = ()) -> RoleVariables:
    """Hold the names that somebody set against the argument specs of all roles; `extra` names are known too."""
    known = known_variables(specs) | set(extra)
    prefixes = tuple(f"{role}_" for role in specs)
    ours = sorted({name for name in names if name.startswith(prefixes)})
    unknown = []
    for name in ours:
        if name not in known:
            near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.75)
            unknown.append(Unknown(name, near[0] if near else None))
    return RoleVariables(len(ours), tuple(unknown))
