# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pieces of PromQL and of Prometheus's templates, written so that no text of the policy can become code in them."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ..errors import InputError

LABEL_LIMIT = 200
_SPANS = (("d", 86400.0), ("h", 3600.0), ("m", 60.0), ("s", 1.0), ("ms", 0.001))


def quoted(text: str) -> str:
    """Return a string literal. InputError for text that cannot be printed: nothing of that kind is a label anywhere."""
    if not text.isprintable() or len(text) > LABEL_LIMIT:
        raise InputError(f"{text[:40]!r} cannot be a label value", why=f"it is not printable, or longer than {LABEL_LIMIT} characters")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def selector(metric: str, labels: Iterable[tuple[str, str]] = ()) -> str:
    """Return `metric{label="value", ...}`."""
    inside = ", ".join(f"{name}={quoted(value)}" for name, value in labels)
    return f"{metric}{{{inside}}}" if inside else metric


def number(value: float) -> str:
    """Return a finite number as PromQL reads it back."""
    if not math.isfinite(value):
        raise InputError(f"{value} is no limit that can be watched")
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def scaled(expression: str, factor: float) -> str:
    """Return the expression times a factor; unchanged for 1."""
    return expression if factor == 1 else f"{expression} * {number(factor)}"


def duration(seconds: float) -> str:
    """Return `1h30m` for 5400 (seconds). InputError when it is not more than 0, or finer than a millisecond."""
    rest, parts = seconds, []
    for name, length in _SPANS:
        whole = math.floor(rest / length + 1e-9)
        if whole > 0:
            parts.append(f"{whole}{name}")
            rest -= whole * length
    if not parts or rest > 1e-6:
        raise InputError(f"{seconds:g} s is no duration of Prometheus", todo="write whole milliseconds, more than 0")
    return "".join(parts)


def literal(text: str) -> str:
    """Return a Go template that prints `text` as it is. Every brace, because one before an action of ours would join it."""
    return text.replace("{", '{{"{"}}')
