#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring the images of a release to this host, by digest."""

from __future__ import annotations

DOCUMENTATION = r"""
module: image_pull
short_description: Bring the images of a release to this host, by digest
version_added: 0.1.0
description:
  - Pulls what is not here by the digest that the registry confirmed when the release was pushed, never by tag, and compares the id of
    what came with the id that the build recorded. Another image is refused, and gets no tag.
  - A registry that does not answer is asked again after pauses of 1, 2, 4 and 8 seconds. One that refuses is not.
  - Credentials are those of the engine's client (C(docker login)) of the user who runs this.
  - Afterwards C(<state_dir>/releases/<release>/release.json) names the images, so that the release can be deployed here.
author: ProoFile operations (@proofile)
options:
  release:
    description: The release, 12 hex digits.
    type: str
    required: true
  state_dir:
    description: The state folder of the application on this host.
    type: path
    required: true
  record:
    description: The content of C(release.json) on the host that built the release.
    type: dict
    required: true
  timeout_seconds:
    description: How long one attempt to pull one image may take.
    type: int
    default: 1800
attributes:
  check_mode:
    description: In check mode nothing is pulled.
    support: full
  diff_mode:
    description: Images are not shown.
    support: none
"""

EXAMPLES = r"""
- name: Bring the images here
  proofile.stagegate.image_pull:
    release: 1a2b3c4d5e6f
    state_dir: /var/lib/stagegate/proofile
    record: "{{ built.content | b64decode | from_json }}"
"""

RETURN = r"""
pulled:
  description: Service to the number of attempts, for what was not here (in check mode, what would be pulled, with 0 attempts).
  returned: always
  type: dict
"""

import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.release.registry import wanted_images
from ..module_utils.io.build.build_record import update_json
from ..module_utils.io.engine.registry import Registry

SPEC = {
    "release": {"type": "str", "required": True},
    "state_dir": {"type": "path", "required": True},
    "record": {"type": "dict", "required": True},
    "timeout_seconds": {"type": "int", "default": 1800},
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Pull what is not here, then write the record."""
    record, registry = params["record"], Registry(timeout=params["timeout_seconds"])
    missing = [image for image in wanted_images(record, params["release"]) if registry.image_id(image.tag) != image.image_id]
    if check_mode:
        return {"changed": bool(missing), "pulled": {image.service: 0 for image in missing}}
    pulled = {image.service: registry.pull(image) for image in missing}
    facts = {key: record[key] for key in ("application", "commit", "release", "images", "alembic_heads") if key in record}
    written = update_json(os.path.join(params["state_dir"], "releases", params["release"], "release.json"), facts)
    return {"changed": bool(pulled) or written, "pulled": pulled}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
