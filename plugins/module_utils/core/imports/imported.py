# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What comes out of a policy that was written for another judge: a gate of ours, and a note wherever the two judge differently.

The numbers that such a file speaks of are measured by somebody else, so each of them becomes one of the `reported.*` SLIs of
the catalogue, with the foreign name as its label. Text of the file becomes text of a policy, which Ansible templates: whatever
could be a template is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from ..errors import InputError
from ..judge.policy import read_policy
from ..text import plain
from ..units import did_you_mean, dimension_of

REPORTED = {dimension: f"reported.{dimension}" for dimension in ("count", "ratio", "bytes", "time", "number", "rate")}
NAME_LIMIT = 120
LARGEST = 15
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})(?:[eE][+-]?[0-9]{1,2})?")
_TEMPLATE = re.compile(r"\{[{%#]")
_BARE = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*")
_YAML_WORDS = {"true", "false", "yes", "no", "on", "off", "y", "n", "null"}
_ID_PART = 60


class Note(NamedTuple):
    """One difference between the two judges: what it is about, the criteria that it touches (none: the whole gate), a sentence."""

    about: str
    criteria: tuple[str, ...]
    text: str


class Wanted(NamedTuple):
    """What has to be recorded before a criterion can be judged; `select` is the words by which the peer's report names it."""

    criterion: str
    sli: str
    labels: dict[str, str]
    unit: str
    select: str


@dataclass(frozen=True)
class Imported:
    """A gate as it is written in a policy, the notes, and the measurements that it needs."""

    phase: str
    gate: dict[str, Any]
    notes: tuple[Note, ...]
    wanted: tuple[Wanted, ...]

    def to_record(self) -> list[str]:
        """Return for people what has to be recorded."""
        return [f"{reference(item.sli, item.labels)} in {item.unit}, from {item.select}" for item in self.wanted]

    def as_text(self, source: str) -> str:
        """Return the gate as the text of a policy file, one criterion a line, the notes as comments above it."""
        lines = [f"# Imported from {plain(source)}. Where this gate judges differently from what it was made of:"]
        for note in self.notes:
            lines.append(f"# - {plain(note.about)}: {plain(note.text, 400)}")
            lines += [f"#     {name}" for name in note.criteria]
        lines += ["stagegate_gates:", f"  {self.phase}:", f"    title: {_flow(self.gate['title'])}", "    criteria:"]
        lines += [f"      - {_flow(criterion)}" for criterion in self.gate["criteria"]]
        return "\n".join(lines) + "\n"


class NoteBook:
    """Notes in the making: one for each thing that they are about, naming all its criteria."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, str], list[str]] = {}

    def add(self, about: str, text: str, criterion: str = "") -> None:
        """Note a difference; the same one of several criteria becomes one note."""
        named = self._texts.setdefault((about, text), [])
        if criterion and criterion not in named:
            named.append(criterion)

    def notes(self) -> tuple[Note, ...]:
        """Return the notes in the order in which they were first made."""
        return tuple(Note(about, tuple(named), text) for (about, text), named in self._texts.items())


class Ids:
    """Ids of criteria, made of foreign names; two names never share one."""

    def __init__(self, phase: str) -> None:
        self._phase = phase
        self._taken: set[str] = set()

    def of(self, name: str, where: str) -> str:
        """Return `phase.name_in_small_letters`; a number is added where that is taken."""
        slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:_ID_PART].rstrip("_")
        if not slug:
            raise InputError(f"{name[:60]!r} holds nothing that an id could be made of", where=where, todo="give it a name with letters")
        found, number = slug, 2
        while found in self._taken:
            found, number = f"{slug[: _ID_PART - 5]}_{number}", number + 1
        self._taken.add(found)
        return f"{self._phase}.{found}"


def checked_units(units: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    """InputError for a unit that is given to a name that the file does not judge."""
    for name in units:
        if name not in known:
            raise InputError(f"a unit is given for {str(name)[:60]!r}", where=f"{where}, units", why="nothing is judged under that name")


def sli_of(unit: str, name: str, where: str) -> str:
    """Return the reported.* SLI for a unit. InputError when there is no unit, or none that a report can have."""
    if not unit:
        raise InputError(
            f"the unit of {name[:60]!r} is not known", where=where, why="the file has no units", todo=f"give it: units: {{{name}: ms}}"
        )
    try:
        dimension = dimension_of(unit)
    except InputError as error:
        raise InputError(error.what, where=f"{where}, units of {name[:60]!r}", todo=error.todo) from error
    if dimension not in REPORTED:
        raise InputError(
            f"{name[:60]!r} cannot be reported in {unit}", where=where, why=f"{unit} is {dimension}", todo=did_you_mean("", REPORTED)
        )
    return REPORTED[dimension]


def checked_name(name: Any, where: str) -> str:
    """Return a foreign name that may become a label; InputError for one that could not stand in an SLI expression."""
    if not isinstance(name, str) or not name.strip() or len(name) > NAME_LIMIT:
        raise InputError(f"a name is a text of at most {NAME_LIMIT} characters", where=where, why=f"found {name!r}"[:80])
    if plain(name, NAME_LIMIT) != name or set(name) & set('"{}'):
        raise InputError(f"the name {name[:60]!r} cannot be a label", where=where, why='it holds one of " { } or something unprintable')
    return name


def checked_title(text: str, where: str) -> str:
    """Return text for people as one plain line. InputError when Ansible would take it for a template."""
    if _TEMPLATE.search(text):
        raise InputError("a text looks like a template", where=where, why=plain(text, 60), todo="write it without {{, {% and {#")
    return plain(text)


def reference(sli: str, labels: Mapping[str, str]) -> str:
    """Return the SLI expression of one reported number."""
    return f"{sli}{{{', '.join(f'{name}={_label(value)}' for name, value in labels.items())}}}"


def decimal_of(text: str, where: str) -> Decimal:
    """Return the number in a text, exactly; InputError when it is none."""
    try:
        number = Decimal(text) if _NUMBER.fullmatch(text) else None
    except InvalidOperation:
        number = None
    if number is None:
        raise InputError(f"{text[:40]!r} is no number", where=where, why="a decimal number is expected")
    if number and not -LARGEST <= number.adjusted() < LARGEST:
        raise InputError(f"{text[:40]!r} is out of range", where=where, why=f"numbers have at most {LARGEST} digits")
    return number


def number_text(number: Decimal) -> str:
    """Write a number as a limit writes it: digits, no exponent, nothing rounded."""
    return format(number, "f")


def finished(phase: str, title: str, criteria: list[dict[str, Any]], notes: NoteBook, wanted: list[Wanted]) -> Imported:
    """Return the import after our own policy reader has accepted it; what it refuses is its InputError."""
    gate = {"title": checked_title(title, "the name of the file"), "criteria": criteria}
    read_policy({phase: gate})
    return Imported(phase, gate, notes.notes(), tuple(wanted))


def _label(value: str) -> str:
    return value if re.fullmatch(r"[^\s,{}=\"]{1,200}", value) else f'"{value}"'


def _flow(value: Any) -> str:
    """Write a value of a policy as YAML in one line; texts that are not plain names are quoted as in JSON."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}: {_flow(item)}' for name, item in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_flow(item) for item in value)}]"
    if isinstance(value, str) and _BARE.fullmatch(value) and value not in _YAML_WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
