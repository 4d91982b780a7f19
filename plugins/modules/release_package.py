#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make the deployment package of a release, and read it back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: release_package
short_description: Make the deployment package of a release
version_added: 0.1.0
description:
  - Writes C(<state_dir>/releases/<release>/package/<application>-<release>.tar.gz) with the image digests, the compose files, the
    source export, an SBOM (CycloneDX JSON) for every image and C(SHA256SUMS). The same release always gives the same bytes.
  - Reads the package back and compares every checksum, also when it was there already.
author: ProoFile operations (@proofile)
options:
  application:
    description: Name of the application.
    type: str
    required: true
  release:
    description: The release, 12 hex digits.
    type: str
    required: true
  commit:
    description: The full commit.
    type: str
    required: true
  state_dir:
    description: The state folder of the application.
    type: path
    required: true
  source_dir:
    description: The exported source tree.
    type: path
    required: true
  compose_files:
    description: Compose files. Those outside of the source tree are added to the package.
    type: list
    elements: str
    required: true
  images:
    description: Service to C(tag) and C(id) of its image.
    type: dict
    required: true
attributes:
  check_mode:
    description: In check mode nothing is written.
    support: full
  diff_mode:
    description: The package is not shown.
    support: none
"""

EXAMPLES = r"""
- name: Make the package
  proofile.stagegate.release_package:
    application: proofile
    release: 1a2b3c4d5e6f
    commit: 1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d
    state_dir: /var/lib/stagegate/proofile
    source_dir: /var/lib/stagegate/proofile/source/1a2b3c4d5e6f
    compose_files: [docker-compose.yml, /etc/stagegate/compose.staging.yml]
    images: "{{ images.images }}"
"""

RETURN = r"""
path:
  description: The package.
  returned: always
  type: str
sha256:
  description: Its checksum.
  returned: when it is there
  type: str
measurements:
  description: Measurements for the ledger.
  returned: always
  type: list
  elements: dict
"""

import json
import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.measurement import measurement
from ..module_utils.core.release import sbom
from ..module_utils.io.build.build_record import digest_of, read_record, update_json, write_record
from ..module_utils.io.build.package_file import file_sha256, tree_files, verify_package, write_package
from ..module_utils.io.engine.compose_config import compose_files
from ..module_utils.io.engine.image_content import members

SPEC = {
    "application": {"type": "str", "required": True},
    "release": {"type": "str", "required": True},
    "commit": {"type": "str", "required": True},
    "state_dir": {"type": "path", "required": True},
    "source_dir": {"type": "path", "required": True},
    "compose_files": {"type": "list", "elements": "str", "required": True},
    "images": {"type": "dict", "required": True},
}


def bill_of(tag: str, image_id: str) -> dict:
    """The SBOM of one image, from its files."""
    found = []
    for _path, kind, text in members(image_id, sbom.wanted):
        found += sbom.components_of(kind, text)
    return sbom.document(tag, image_id, found)


def overrides(params: Mapping[str, Any]) -> dict:
    """Compose files that do not stand in the source tree: name in the package -> path."""
    source = os.path.join(params["source_dir"], "")
    paths = compose_files(params["source_dir"], params["compose_files"])
    return {f"compose/{os.path.basename(path)}": path for path in paths if not path.startswith(source)}


def make(params: Mapping[str, Any], path: str, extra: Mapping[str, str]) -> dict:
    """Write the package; returns how many components the SBOM of each image names."""
    manifest = {key: params[key] for key in ("application", "release", "commit", "images")}
    texts = {"manifest.json": json.dumps({**manifest, "compose_files": sorted(extra)}, indent=2, sort_keys=True) + "\n"}
    components = {}
    for service, image in sorted(params["images"].items()):
        bill = bill_of(image["tag"], image["id"])
        components[service] = len(bill["components"])
        texts[f"sbom/{service}.cdx.json"] = json.dumps(bill, indent=1, sort_keys=True) + "\n"
    # An environment file may stand in the export for as long as compose reads it: it is never packed.
    files = {name: source for name, source in tree_files(params["source_dir"], "source").items() if name != "source/.env"}
    write_package(path, {**files, **extra}, texts)
    return components


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Find the package or make it; read it back in both cases."""
    folder = os.path.join(params["state_dir"], "releases", params["release"])
    path = os.path.join(folder, "package", f"{params['application']}-{params['release']}.tar.gz")
    extra = overrides(params)
    inputs = digest_of(params["commit"], params["images"], {name: file_sha256(source) for name, source in extra.items()})
    record = read_record(os.path.join(folder, "package.json"), inputs)
    changed = record is None or not os.path.isfile(path)
    if changed and check_mode:
        return {"changed": True, "path": path, "measurements": []}
    components = make(params, path, extra) if changed or record is None else record["components"]
    number, wrong = verify_package(path)
    checksum = file_sha256(path)
    if changed:
        write_record(os.path.join(folder, "package.json"), inputs, {"components": components, "sha256": checksum})
        update_json(os.path.join(folder, "release.json"), {"package": {"path": path, "sha256": checksum}})
    elif record is not None and record["sha256"] != checksum:
        wrong = (*wrong, f"{os.path.basename(path)}: not the package that was made")
    source = os.path.basename(path)
    measured = [
        measurement("package.files", number, "count", source=source, detail=f"sha256 {checksum}"),
        measurement("package.checksum_mismatches", len(wrong), "count", source=source, detail=wrong),
    ]
    for service, count in sorted(components.items()):
        measured.append(measurement("sbom.components", count, "count", {"image": service}, f"sbom/{service}.cdx.json"))
    return {"changed": changed, "path": path, "sha256": checksum, "measurements": measured}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
