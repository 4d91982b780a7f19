# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The client bundle of a frontend image: which assets its manifests list, and which files are the first load."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import EvidenceError

MAX_DEPTH = 20
_HTML_ASSET = re.compile(r"/_next/(static/[^\"'\\\s?#<>)]+)")


@dataclass(frozen=True)
class Assets:
    """Paths below the build folder, sorted."""

    listed: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class FirstLoad:
    """The route whose first load is the largest, and the files it consists of."""

    route: str
    files: tuple[str, ...]


def manifest_assets(text: str, where: str) -> set[str]:
    """Every `static/…` file that a JSON manifest names. Raises EvidenceError for a manifest that does not parse."""
    return {item for item in _strings(_json(text, where), where, 0) if item.startswith("static/") and "." in item.rpartition("/")[2]}


def html_assets(text: str) -> set[str]:
    """Every `/_next/static/…` file that a prerendered page asks for."""
    return {match.group(1) for match in _HTML_ASSET.finditer(text)}


def compare(listed: Iterable[str], present: Iterable[str]) -> Assets:
    """Hold the listed files against those that are there."""
    wanted = sorted(set(listed))
    there = set(present)
    return Assets(tuple(wanted), tuple(item for item in wanted if item not in there))


def first_load(text: str, where: str, build_folder: str = ".next") -> FirstLoad:
    """The largest first load of Next's route-bundle-stats.json: [{route, firstLoadUncompressedJsBytes, firstLoadChunkPaths}]."""
    routes = _json(text, where)
    if not isinstance(routes, list) or not routes:
        raise EvidenceError("the route statistics name no route", where=where)
    try:
        largest = max(routes, key=lambda entry: entry["firstLoadUncompressedJsBytes"])
        files = sorted({_below(str(path), build_folder) for path in largest["firstLoadChunkPaths"] if str(path).endswith(".js")})
        return FirstLoad(str(largest["route"]), tuple(files))
    except (KeyError, TypeError) as error:
        raise EvidenceError("the route statistics are of another shape", where=where, why=f"{type(error).__name__}: {error}") from error


def client_scripts(files: Mapping[str, int]) -> tuple[str, ...]:
    """The client JavaScript among the files below `static/`."""
    return tuple(sorted(path for path in files if path.startswith("static/") and path.endswith((".js", ".mjs"))))


def _below(path: str, folder: str) -> str:
    return path[len(folder) + 1 :] if path.startswith(folder + "/") else path


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EvidenceError("a build manifest is no JSON", where=where, why=str(error)[:200]) from error


def _strings(value: Any, where: str, depth: int) -> Iterable[str]:
    if depth > MAX_DEPTH:
        raise EvidenceError(f"a build manifest is nested deeper than {MAX_DEPTH} levels", where=where)
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, where, depth + 1)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item, where, depth + 1)
