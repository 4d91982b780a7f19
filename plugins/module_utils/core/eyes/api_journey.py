# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""API journeys as data: what is asked, what must be answered, what is kept for later steps.

A step is a mapping:

    request: "POST /api/profiles/{id}"       method and path; {name} is a saved value, quoted for a URL
    json: {"email": "a@b.c", "password": {"secret": "password"}, "id": {"saved": "id"}}
    headers: {"X-Thing": "text"}
    csrf: {cookie: csrf_token, header: X-CSRF-Token}   the cookie's value is sent as that header (false: leave it out)
    expect: 200                              status or list of statuses (default 200)
    expect_json: {"user.email": "a@b.c"}     dotted path -> equal value
    expect_present: ["items.0.id"]           dotted paths that must be there
    expect_text: "Dashboard"                 text that the body must contain
    save: {id: "id"}                         name -> dotted path in the answer

Health checks and the soak's load read the same journeys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ..errors import InputError

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
STEP_KEYS = {
    "name",
    "request",
    "json",
    "headers",
    "csrf",
    "expect",
    "expect_json",
    "expect_present",
    "expect_text",
    "save",
}
MISSING = object()
_PLACE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")


@dataclass(frozen=True)
class Csrf:
    """The double-submit token: the value of `cookie` goes out again as `header`."""

    cookie: str
    header: str


@dataclass(frozen=True)
class Step:
    """One request of a journey and what its answer must be."""

    name: str
    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    csrf: Csrf | None = None
    expect: tuple[int, ...] = (200,)
    expect_json: Mapping[str, Any] = field(default_factory=dict)
    expect_present: tuple[str, ...] = ()
    expect_text: str = ""
    save: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """A step made ready to be sent: nothing in it is left to be filled in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None


def parse_steps(raw: Any, where: str = "steps", csrf: Any = None) -> tuple[Step, ...]:
    """Read a list of step mappings; `csrf` is the journey's default for its unsafe methods. Raises InputError."""
    if not isinstance(raw, (list, tuple)) or not raw:
        raise InputError("a journey needs at least one step", where=where, todo="list mappings with `request`")
    return tuple(_step(entry, f"{where}[{number}]", csrf) for number, entry in enumerate(raw))


def prepare(step: Step, saved: Mapping[str, Any], secrets: Mapping[str, str], cookies: Mapping[str, str]) -> Request:
    """Fill saved values, secrets and the CSRF token into a step. Raises InputError for a name that nobody gave."""
    headers = {name: fill_text(value, saved, step.name) for name, value in step.headers.items()}
    body: bytes | None = None
    if step.body is not None:
        body = json.dumps(_fill(step.body, saved, secrets, step.name)).encode()
        headers.setdefault("Content-Type", "application/json")
    if step.csrf and step.csrf.cookie in cookies:
        headers[step.csrf.header] = cookies[step.csrf.cookie]
    return Request(step.method, fill_text(step.path, saved, step.name, for_url=True), headers, body)


def failures_of(step: Step, status: int, text: str) -> list[str]:
    """Everything in which an answer differs from what the step expects; an empty list is a pass."""
    found = []
    if status not in step.expect:
        wanted = " or ".join(str(code) for code in step.expect)
        found.append(f"{step.name}: answered {status} instead of {wanted}")
    if step.expect_text and step.expect_text not in text:
        found.append(f"{step.name}: the answer does not contain {step.expect_text!r}")
    if found or not (step.expect_json or step.expect_present or step.save):
        return found
    document = parsed(text)
    if document is MISSING:
        return [f"{step.name}: the answer is no JSON"]
    for path, value in step.expect_json.items():
        got = at_path(document, path)
        if got is MISSING or got != value or isinstance(got, bool) != isinstance(value, bool):
            found.append(f"{step.name}: {path} is {_shown(got)} instead of {_shown(value)}")
    for path in (*step.expect_present, *step.save.values()):
        if at_path(document, path) is MISSING:
            found.append(f"{step.name}: the answer has no {path}")
    return found


def saved_from(step: Step, text: str) -> dict[str, Any]:
    """The values that the step keeps for later steps; what is not in the answer stays out."""
    if not step.save:
        return {}
    document = parsed(text)
    values = {name: at_path(document, path) for name, path in step.save.items()}
    return {name: value for name, value in values.items() if isinstance(value, (str, int, float))}


def parsed(text: str) -> Any:
    """The JSON document, or MISSING when it is none (broken, or nested beyond reason)."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return MISSING


def at_path(document: Any, path: str) -> Any:
    """The value under a dotted path (`items.0.id`; `.` is the document itself), or MISSING."""
    here = document
    for part in [piece for piece in path.split(".") if piece]:
        if isinstance(here, dict) and part in here:
            here = here[part]
        elif isinstance(here, list) and part.isdigit() and int(part) < len(here):
            here = here[int(part)]
        else:
            return MISSING
    return here


def without_secrets(text: str, secrets: Mapping[str, str]) -> str:
    """The text with every secret value of it replaced by ***; a human may then see it."""
    for value in sorted((value for value in secrets.values() if value), key=len, reverse=True):
        text = text.replace(value, "***")
    return text


def fill_text(text: str, saved: Mapping[str, Any], where: str, for_url: bool = False) -> str:
    """Replace every {name} by its saved value, quoted for a URL if asked. Raises InputError for an unknown name."""

    def value_of(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in saved:
            raise InputError(f"nothing was saved under {name!r}", where=where, todo="save it in an earlier step")
        return quote(str(saved[name]), safe="") if for_url else str(saved[name])

    return _PLACE.sub(value_of, text)


def _step(raw: Any, where: str, default_csrf: Any) -> Step:
    if not isinstance(raw, dict) or "request" not in raw:
        raise InputError("a step is a mapping with `request`", where=where, why=f"got {_shown(raw)}")
    unknown = sorted(set(raw) - STEP_KEYS)
    if unknown:
        raise InputError(f"unknown key {unknown[0]!r}", where=where, todo=f"a step knows {', '.join(sorted(STEP_KEYS))}")
    method, _blank, path = str(raw["request"]).partition(" ")
    if method not in METHODS or not path.startswith("/"):
        raise InputError(f"{raw['request']!r} is no request", where=where, todo='write it like "GET /api/version"')
    return Step(
        name=str(raw.get("name") or raw["request"]),
        method=method,
        path=path,
        body=raw.get("json"),
        headers={str(key): str(value) for key, value in _mapping(raw, "headers", where).items()},
        csrf=_csrf(raw.get("csrf", None if method in SAFE_METHODS else default_csrf), where),
        expect=_statuses(raw.get("expect", 200), where),
        expect_json=_mapping(raw, "expect_json", where),
        expect_present=tuple(_texts(raw.get("expect_present", []), where)),
        expect_text=str(raw.get("expect_text", "")),
        save={str(key): str(value) for key, value in _mapping(raw, "save", where).items()},
    )


def _mapping(raw: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    value = raw.get(key) or {}
    if not isinstance(value, dict):
        raise InputError(f"{key} must be a mapping", where=where, why=f"got {_shown(value)}")
    return value


def _texts(raw: Any, where: str) -> Sequence[str]:
    if not isinstance(raw, (list, tuple)) or not all(isinstance(entry, str) for entry in raw):
        raise InputError("a list of texts is needed", where=where, why=f"got {_shown(raw)}")
    return raw


def _statuses(raw: Any, where: str) -> tuple[int, ...]:
    statuses = raw if isinstance(raw, (list, tuple)) else [raw]
    try:
        codes = tuple(int(code) for code in statuses)
    except (TypeError, ValueError):
        codes = ()
    if not codes or not all(100 <= code <= 599 for code in codes):
        raise InputError(f"expect: {_shown(raw)} is no HTTP status", where=where, todo="write 200 or [200, 201]")
    return codes


def _csrf(raw: Any, where: str) -> Csrf | None:
    if raw is None or raw is False or raw == {}:
        return None
    if not isinstance(raw, dict) or set(raw) != {"cookie", "header"}:
        raise InputError("csrf needs `cookie` and `header`", where=where, why=f"got {_shown(raw)}")
    return Csrf(str(raw["cookie"]), str(raw["header"]))


def _fill(value: Any, saved: Mapping[str, Any], secrets: Mapping[str, str], where: str) -> Any:
    if isinstance(value, str):
        return fill_text(value, saved, where)
    if isinstance(value, list):
        return [_fill(entry, saved, secrets, where) for entry in value]
    if not isinstance(value, dict):
        return value
    for kind, given in (("secret", secrets), ("saved", saved)):
        if set(value) == {kind}:
            name = str(value[kind])
            if name not in given:
                raise InputError(f"no {kind} value is called {name!r}", where=where, todo=f"give it with the {kind} values")
            return given[name]
    return {key: _fill(entry, saved, secrets, where) for key, entry in value.items()}


def _shown(value: Any) -> str:
    return "nothing" if value is MISSING else repr(value)[:80]
