# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Browser journeys as data: what a person does on the pages and what that person must then see.

A journey is {name, steps, finally?, session_of?, preview?}. `finally` are steps that are done whatever happened (cleaning up);
`session_of` names an earlier journey whose cookies this one starts with; `preview: true` has it done before the switch, too.
A step is a mapping with exactly one verb:

    open: /login                                  load a page of the application
    reload: true      back: true                  load it again; go back
    fill: {label: Email, with: "a@b.c"}           write into a field; {label: Password, secret: name} takes a secret
    choose: {label: Country, option: Austria}     choose in a list
    tick: {label: "I agree"}                      tick a box
    press: Enter                                  press a key
    click: {role: button, name: Sign in}          click on something
    see: {text: Welcome}     not_see: {...}       it must, or must not, be visible
    at: /dashboard                                the page's path must be this one

A target is named as a person would name it: {role, name}, {label}, {text}, {placeholder} or {test_id}; `exact: false` allows a
part of the name (for `text` that is the rule), `inside: {target}` looks only within another one.
`timeout_seconds` beside the verb changes how long the step may take.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from ..errors import InputError
from ..units import did_you_mean

NAVIGATIONS = ("open", "reload", "back")
TARGETED = ("fill", "choose", "tick", "click", "see", "not_see")
VERBS = (*NAVIGATIONS, *TARGETED, "press", "at")
LOCATORS = ("role", "label", "text", "placeholder", "test_id")
JOURNEY_KEYS = ("name", "steps", "finally", "session_of", "preview")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


@dataclass(frozen=True)
class Target:
    """Something on a page: how it is looked up (`by`), under which value, and inside which other target."""

    by: str
    value: str
    name: str = ""
    exact: bool = True
    inside: Optional[Target] = None

    def __str__(self) -> str:
        said = f"{self.value} {self.name!r}" if self.by == "role" and self.name else f"{self.by} {self.value!r}"
        return f"{said} in {self.inside}" if self.inside else said


@dataclass(frozen=True)
class Step:
    """One step. `text` is the path, key, option or text to write; `secret` the name of a secret to write instead."""

    verb: str
    target: Optional[Target] = None
    text: str = ""
    secret: str = ""
    timeout_seconds: Optional[float] = None

    @property
    def title(self) -> str:
        """What the step does, in words that never hold what is written into a field."""
        words = self.verb.replace("_", " ")
        if self.target is not None:
            return f"{words} {self.target}"
        return f"{words} {self.text}".strip()


@dataclass(frozen=True)
class Journey:
    """A named row of steps, the steps that clean up after it, and the journey whose session it continues."""

    name: str
    steps: tuple[Step, ...]
    cleanup: tuple[Step, ...] = ()
    session_of: str = ""
    secrets: tuple[str, ...] = field(default=())


def parse_journeys(raw: Any, where: str = "journeys") -> tuple[Journey, ...]:
    """Read a list of journeys. Raises InputError with the position of what cannot be used."""
    if not isinstance(raw, (list, tuple)) or not raw:
        raise InputError("at least one journey is needed", where=where, todo="give a list of mappings with name and steps")
    journeys: list[Journey] = []
    for number, entry in enumerate(raw):
        journey = _journey(entry, f"{where}[{number}]")
        known = [earlier.name for earlier in journeys]
        if journey.name in known:
            raise InputError(f"two journeys are called {journey.name!r}", where=f"{where}[{number}]")
        if journey.session_of and journey.session_of not in known:
            raise InputError(
                f"session_of names {journey.session_of!r}, which is no earlier journey",
                where=f"{where}[{number}] ({journey.name})",
                todo=did_you_mean(journey.session_of, known) if known else "put the journey that logs in first",
            )
        journeys.append(journey)
    return tuple(journeys)


def require_secrets(journeys: Sequence[Journey], secrets: Mapping[str, str], where: str = "secrets") -> None:
    """Raise InputError when a journey names a secret that nobody gave, or that is empty."""
    for journey in journeys:
        for name in journey.secrets:
            if not secrets.get(name):
                raise InputError(f"the secret {name!r} is not given", where=f"{where}, for journey {journey.name}")


def _journey(raw: Any, where: str) -> Journey:
    mapping = _mapping(raw, where, "a journey is a mapping with name and steps")
    _known_keys(mapping, JOURNEY_KEYS, where)
    name = mapping.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InputError(f"{name!r} is no name of a journey", where=where, todo="lower case, digits and underscores: core_feature")
    where = f"{where} ({name})"
    if not isinstance(mapping.get("preview", False), bool):
        raise InputError("preview is true or false", where=where, why=f"got {mapping['preview']!r}")
    steps = _steps(mapping.get("steps"), f"{where} steps")
    cleanup = _steps(mapping["finally"], f"{where} finally") if mapping.get("finally") else ()
    named = tuple(dict.fromkeys(step.secret for step in (*steps, *cleanup) if step.secret))
    return Journey(name, steps, cleanup, str(mapping.get("session_of") or ""), named)


def _steps(raw: Any, where: str) -> tuple[Step, ...]:
    if not isinstance(raw, (list, tuple)) or not raw:
        raise InputError("at least one step is needed", where=where, todo="give a list such as [{open: /login}]")
    return tuple(_step(entry, f"{where}[{number}]") for number, entry in enumerate(raw))


def _step(raw: Any, where: str) -> Step:
    mapping = _mapping(raw, where, "a step is a mapping such as {open: /login}")
    verbs = [key for key in mapping if key != "timeout_seconds"]
    if len(verbs) != 1:
        raise InputError("a step has exactly one verb", where=where, why=f"got {', '.join(map(str, verbs)) or 'none'}")
    verb, value = str(verbs[0]), mapping[verbs[0]]
    if verb not in VERBS:
        raise InputError(f"unknown step {verb!r}", where=where, todo=did_you_mean(verb, VERBS))
    seconds = _seconds(mapping.get("timeout_seconds"), where)
    if verb in ("reload", "back"):
        if value is not True:
            raise InputError(f"{verb} takes nothing but true", where=where, why=f"got {value!r}")
        return Step(verb, timeout_seconds=seconds)
    if verb in TARGETED:
        return _targeted(verb, value, where, seconds)
    if not isinstance(value, str) or not value or (verb in ("open", "at") and not value.startswith("/")):
        wanted = "a key such as Enter" if verb == "press" else "a path such as /login"
        raise InputError(f"{verb} needs {wanted}", where=where, why=f"got {value!r}")
    return Step(verb, text=value, timeout_seconds=seconds)


def _targeted(verb: str, raw: Any, where: str, seconds: Optional[float]) -> Step:
    mapping = dict(_mapping(raw, where, f"{verb} needs a target such as {{role: button, name: Save}}"))
    text, secret = "", ""
    if verb == "fill":
        given = [key for key in ("with", "secret") if key in mapping]
        if len(given) != 1 or not isinstance(mapping[given[0]], (str, int, float)) or isinstance(mapping[given[0]], bool):
            raise InputError("fill needs either `with: text` or `secret: name`", where=where)
        text, secret = str(mapping.pop("with", "")), str(mapping.pop("secret", ""))
    elif verb == "choose":
        text = str(mapping.pop("option", ""))
        if not text:
            raise InputError("choose needs `option`", where=where)
    return Step(verb, _target(mapping, where), text, secret, seconds)


def _target(mapping: Mapping[str, Any], where: str) -> Target:
    _known_keys(mapping, (*LOCATORS, "name", "exact", "inside"), where)
    given = [key for key in LOCATORS if key in mapping]
    if len(given) != 1:
        raise InputError(f"a target needs exactly one of {', '.join(LOCATORS)}", where=where, why=f"got {', '.join(given) or 'none'}")
    by, value, name = given[0], mapping[given[0]], mapping.get("name", "")
    if not isinstance(value, str) or not value or not isinstance(name, str):
        raise InputError(f"{by} and name must be texts", where=where, why=f"got {value!r}")
    if name and by != "role":
        raise InputError("name belongs to role alone", where=where, todo=f"write {{{by}: ...}} without name")
    exact = mapping.get("exact", by != "text")
    if not isinstance(exact, bool):
        raise InputError("exact is true or false", where=where, why=f"got {exact!r}")
    inside = mapping.get("inside")
    outer = _target(_mapping(inside, where, "inside needs a target"), f"{where} inside") if inside is not None else None
    return Target(by, value, name, exact, outer)


def _seconds(raw: Any, where: str) -> Optional[float]:
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not 0 < raw <= 600:
        raise InputError("timeout_seconds is a number of seconds up to 600", where=where, why=f"got {raw!r}")
    return float(raw)


def _mapping(raw: Any, where: str, what: str) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise InputError(what, where=where, why=f"got {str(raw)[:60]!r}")
    return raw


def _known_keys(mapping: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in mapping:
        if key not in known:
            raise InputError(f"unknown key {str(key)[:40]!r}", where=where, todo=did_you_mean(str(key), known))
