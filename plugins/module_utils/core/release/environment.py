# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The environment file of a release: variables in, the text that compose reads out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Union

from ..errors import InputError

Value = Union[str, int, float, bool, None]

_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_PLAIN = re.compile(r"^[A-Za-z0-9_.,:/@%+=-]*$")
OWNER_ONLY = 0o600


def render(variables: Mapping[str, Value]) -> str:
    """Return the file's text, sorted by name. Values reach compose as they are: nothing in them is interpolated.

    Raises InputError for a name that no shell accepts and for a value of several lines; the value itself is never shown.
    """
    return "".join(f"{name}={_quoted(name, value)}\n" for name, value in sorted(variables.items()))


def parse(text: str) -> dict[str, str]:
    """Read back what `render` wrote."""
    pairs: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _equals, value = line.partition("=")
            pairs.append((name, _unquoted(value)))
    return dict(pairs)


def bits_beyond_owner(mode: int) -> int:
    """How many permission bits a file has beyond 0600."""
    return bin(mode & 0o7777 & ~OWNER_ONLY).count("1")


def _quoted(name: str, value: Value) -> str:
    if not _NAME.match(name):
        raise InputError(
            f"{name!r} cannot be the name of an environment variable",
            where="deploy_environment",
            todo="use letters, digits and underscores",
        )
    text = {True: "true", False: "false", None: ""}[value] if value is None or isinstance(value, bool) else str(value)
    if "\n" in text or "\r" in text or "\0" in text:
        raise InputError(
            f"the value of {name} has more than one line",
            where="deploy_environment",
            why="an environment file holds one line for each variable",
            todo="encode it, for example as base64",
        )
    if _PLAIN.match(text):
        return text
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'" if "'" in text else f"'{text}'"


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] == "'":
        inner = value[1:-1]
        return inner.replace("\\'", "'").replace("\\\\", "\\") if "\\'" in inner else inner
    return value
