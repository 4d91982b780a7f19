#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Measure the client bundle in a built image."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bundle_measure
short_description: Measure the client bundle in a built image
version_added: 0.1.0
description:
  - Measures the client JavaScript in the final image, all of it and (where the builder stage kept Next's route statistics) the
    largest first load, raw, with gzip level 9, and with brotli where the image has a node.
  - Holds the assets that build manifests and prerendered pages name against the files in the image.
author: ProoFile operations (@proofile)
options:
  image:
    description: Id or tag of the final image.
    type: str
    required: true
  builder_image:
    description: Id or tag of the builder stage; the first load is not measured without it.
    type: str
    default: ''
  path:
    description: The build folder in the final image, which holds C(static).
    type: str
    default: /app/.next
  statistics:
    description: The route statistics in the builder stage.
    type: str
    default: /app/.next/diagnostics/route-bundle-stats.json
  record:
    description: A file that keeps what was measured, by the ids of the images, so that the same image is not measured twice.
    type: path
attributes:
  check_mode:
    description: The module only looks, and writes no record.
    support: full
  diff_mode:
    description: The module only looks.
    support: none
"""

EXAMPLES = r"""
- name: Measure the bundle
  proofile.stagegate.bundle_measure:
    image: proofile-frontend:1a2b3c4d5e6f
    builder_image: proofile-frontend-builder:1a2b3c4d5e6f
"""

RETURN = r"""
measurements:
  description: Measurements for the ledger.
  returned: always
  type: list
  elements: dict
"""

import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import EvidenceError
from ..module_utils.core.measurement import measurement
from ..module_utils.core.release import bundle
from ..module_utils.io.build.build_record import digest_of, read_record, write_record
from ..module_utils.io.build.bundle_files import brotli_sizes, gzip_sizes, listed_assets, raw_sizes
from ..module_utils.io.engine.image_content import copied
from ..module_utils.io.system.files import read_text

SPEC = {
    "image": {"type": "str", "required": True},
    "builder_image": {"type": "str", "default": ""},
    "path": {"type": "str", "default": "/app/.next"},
    "statistics": {"type": "str", "default": "/app/.next/diagnostics/route-bundle-stats.json"},
    "record": {"type": "path"},
}


def size_measurements(name: str, files: Any, sizes: Mapping[str, Mapping[str, int]], source: str, detail: str = "") -> list:
    """The size of one set of files in every encoding that is known for all of them."""
    found = [measurement("bundle.files", len(files), "count", {"set": name}, source, detail)]
    for encoding, known in sizes.items():
        if files and all(path in known for path in files):
            total = sum(known[path] for path in files)
            found.append(measurement("bundle.size", total, "B", {"set": name, "encoding": encoding}, source, detail))
    return found


def first_load(params: Mapping[str, Any]) -> Any:
    """The largest first load, None where the builder stage kept no statistics."""
    if not params["builder_image"]:
        return None
    with copied(params["builder_image"], params["statistics"]) as path:
        return bundle.first_load(read_text(path), params["statistics"]) if path and os.path.isfile(path) else None


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Find what was measured of these images, or measure them. A record is a note, not a change of the system."""
    inputs = digest_of(params["image"], params["builder_image"], params["path"], params["statistics"])
    by_id = params["image"].startswith("sha256:")
    known = read_record(params["record"], inputs) if params["record"] and by_id else None
    if known:
        return {"changed": False, "measurements": known["measurements"]}
    found = measure(params)
    if params["record"] and by_id and not check_mode:
        write_record(params["record"], inputs, {"measurements": found})
    return {"changed": False, "measurements": found}


def measure(params: Mapping[str, Any]) -> list:
    """Copy the build folder out of the image and measure it."""
    source = f"{params['path']} of {params['image']}"
    with copied(params["image"], params["path"]) as folder:
        if not folder:
            raise EvidenceError("the image holds no build folder", where=source, todo="correct build_bundle_path")
        raw = raw_sizes(folder)
        scripts = bundle.client_scripts(raw)
        sizes = {"raw": raw, "gzip": gzip_sizes(folder, scripts)}
        sizes["brotli"] = brotli_sizes(params["image"], params["path"], scripts)
        assets = bundle.compare(listed_assets(folder), raw)
    found = size_measurements("all_client_js", scripts, sizes, source)
    largest = first_load(params)
    if largest is not None:
        found += size_measurements("first_load", largest.files, sizes, source, f"route {largest.route}")
    found.append(measurement("assets.listed", len(assets.listed), "count", source=source))
    found.append(measurement("assets.missing", len(assets.missing), "count", source=source, detail=assets.missing))
    return found


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
