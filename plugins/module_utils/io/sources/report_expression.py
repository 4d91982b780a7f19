# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Expressions into a document: a plain path without any library, everything else by JMESPath, loaded when it is needed.

JMESPath can make a number of nothing: a literal after `||`, `sum` and `length` of an empty list. The first is refused, the
others need `of`, which says how many were looked at.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator, Mapping
from typing import Any

from ...core.errors import EvidenceError, InputError
from ...core.sources.source_path import follow, plain_path
from ...core.sources.source_spec import Source
from ...core.text import plain
from ...core.units import did_you_mean

_ZERO_OF_NOTHING = ("sum", "length")
# Here a literal is compared with, not handed on as the result.
_COMPARING = ("comparator",)
_COMPARING_FUNCTIONS = ("contains", "starts_with", "ends_with", "join")


def check_expressions(source: Source) -> None:
    """InputError for an expression of the source that cannot be used, before anything is read."""
    expressions = {"select": source.select, "of": source.of} if source.kind == "json" else {}
    expressions.update(release=source.release, time="" if source.time == "file" else source.time)
    for name, text in expressions.items():
        if not text or plain_path(text) is not None:
            continue
        where = f"{source.at}, field {name}"
        nodes = list(_nodes(_compiled(text, where).parsed))
        if any(node is _LITERAL for node in nodes):
            raise InputError(
                "an expression must not put a value where there is none",
                where=where,
                why="it holds a literal that can be its result",
                todo="take the literal out; nothing found is INCONCLUSIVE, which is what it is",
            )
        used = {str(node.get("value")) for node in nodes if node.get("type") == "function_expression"}
        _check_functions(used, where)
        if name == "select" and not source.of and used & set(_ZERO_OF_NOTHING):
            raise InputError(
                "of is missing", where=source.at, why="sum and length of an empty list are 0", todo="write of: how many were looked at"
            )


def ask(text: str, document: Any) -> Any:
    """Return what stands at the expression in the document; EvidenceError where the document does not fit it."""
    path = plain_path(text)
    if path is not None:
        return follow(path, document)
    expression = _compiled(text, "")
    exceptions = importlib.import_module("jmespath.exceptions")
    try:
        return expression.search(document)
    except (exceptions.UnknownFunctionError, exceptions.ArityError) as error:
        raise InputError(f"{text[:80]!r} cannot be evaluated", why=plain(error)) from error
    except (exceptions.JMESPathError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
        raise EvidenceError(f"the document does not fit {text[:80]!r}", why=plain(error)) from error


_LITERAL: Mapping[str, Any] = {"type": "literal"}


def _nodes(node: Any, compares: bool = False) -> Iterator[Mapping[str, Any]]:
    """Yield the nodes of a parsed expression, and _LITERAL for each literal that may be the result of it."""
    if not isinstance(node, dict):
        return
    if node["type"] == "literal" and not compares:
        yield _LITERAL
    yield node
    function = node.get("value") if node["type"] == "function_expression" else ""
    compares = node["type"] in _COMPARING or function in _COMPARING_FUNCTIONS
    for child in node["children"]:
        yield from _nodes(child, compares)


def _check_functions(used: set[str], where: str) -> None:
    known = importlib.import_module("jmespath.functions").Functions.FUNCTION_TABLE
    for name in sorted(used - set(known)):
        raise InputError(f"JMESPath has no function {name[:40]!r}", where=where, todo=did_you_mean(name, known))


@functools.lru_cache(maxsize=256)
def _compiled(text: str, where: str) -> Any:
    try:
        jmespath = importlib.import_module("jmespath")
    except ImportError as error:
        raise InputError(
            f"{text[:80]!r} needs the Python package jmespath",
            where=where,
            why="it is more than a plain path, and this host's Python does not have the package",
            todo='write a plain path (metrics.latency[0]."p(95)"), or gather where it is installed: delegate_to: localhost',
        ) from error
    try:
        return jmespath.compile(text)
    except (importlib.import_module("jmespath.exceptions").JMESPathError, RecursionError) as error:
        raise InputError(f"{text[:80]!r} is no JMESPath", where=where, why=plain(error)) from error
