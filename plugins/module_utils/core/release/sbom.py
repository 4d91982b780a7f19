# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A software bill of materials in CycloneDX 1.5 JSON, made from what the files of an image say about themselves."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

MAX_FIELD = 300


@dataclass(frozen=True, order=True)
class Component:
    """One package: its kind is deb, pypi or npm."""

    kind: str
    name: str
    version: str
    licence: str = ""

    @property
    def purl(self) -> str:
        """The package URL."""
        if self.kind == "deb":
            return f"pkg:deb/debian/{quote(self.name)}@{quote(self.version)}"
        if self.kind == "npm":
            return f"pkg:npm/{quote(self.name, safe='/').replace('@', '%40')}@{quote(self.version)}"
        return f"pkg:pypi/{quote(re.sub(r'[-_.]+', '-', self.name).lower())}@{quote(self.version)}"


def wanted(path: str) -> str:
    """Which kind of package file stands at this path of an image; empty for any other file."""
    path = path.lstrip("./")
    if path == "var/lib/dpkg/status" or path.startswith("var/lib/dpkg/status.d/"):
        return "" if path.endswith(".md5sums") else "deb"
    if path.endswith((".dist-info/METADATA", ".egg-info/PKG-INFO")):
        return "pypi"
    if re.search(r"(^|/)node_modules/(@[^/]+/)?[^/]+/package\.json$", path):
        return "npm"
    return ""


def components_of(kind: str, text: str) -> list[Component]:
    """The packages that one file names; a file that cannot be read names none."""
    if kind == "deb":
        return [found for block in text.split("\n\n") for found in [_debian(block)] if found]
    found = _python(text) if kind == "pypi" else _node(text)
    return [found] if found else []


def document(image: str, image_id: str, components: Iterable[Component]) -> dict[str, Any]:
    """The bill of one image. The same image always gives the same document: no time, no random serial number."""
    ordered = sorted(set(components))
    digest = hashlib.sha256("\n".join([image_id, *(item.purl for item in ordered)]).encode()).hexdigest()
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.UUID(digest[:32], version=4)}",
        "version": 1,
        "metadata": {"component": {"type": "container", "bom-ref": image_id, "name": image, "version": image_id}},
        "components": [_component(item) for item in ordered],
    }


def _component(item: Component) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "type": "library",
        "bom-ref": item.purl,
        "name": item.name,
        "version": item.version,
        "purl": item.purl,
    }
    if item.licence:
        entry["licenses"] = [{"license": {"name": item.licence}}]
    return entry


def _debian(block: str) -> Component | None:
    fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(" "))
    if "Package" not in fields or "Version" not in fields:
        return None
    if "Status" in fields and not fields["Status"].endswith(" installed"):
        return None
    return Component("deb", fields["Package"][:MAX_FIELD], fields["Version"][:MAX_FIELD])


def _python(text: str) -> Component | None:
    fields: dict[str, str] = {}
    for line in text.split("\n"):
        if not line.strip():
            break
        if ": " in line:
            name, value = line.split(": ", 1)
            fields.setdefault(name, value.strip())
    if "Name" not in fields or "Version" not in fields:
        return None
    licence = fields.get("License-Expression") or fields.get("License") or ""
    return Component("pypi", fields["Name"][:MAX_FIELD], fields["Version"][:MAX_FIELD], licence[:MAX_FIELD])


def _node(text: str) -> Component | None:
    try:
        package = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(package, dict) or not isinstance(package.get("name"), str) or not isinstance(package.get("version"), str):
        return None
    licence = package.get("license")
    return Component(
        "npm",
        package["name"][:MAX_FIELD],
        package["version"][:MAX_FIELD],
        licence[:MAX_FIELD] if isinstance(licence, str) else "",
    )
