# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of a client bundle: how large they are in each encoding, and which ones the build says there are."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Sequence

from ...core.errors import CommandError
from ...core.release import bundle
from ..system.command import Runner, run
from ..system.files import read_text

# Paths come as arguments, sizes go out as JSON: nothing of the image's own code is run but its node.
_BROTLI = (
    "const z=require('zlib'),f=require('fs'),o={},[d,...p]=process.argv.slice(1);"
    "for(const n of p)o[n]=z.brotliCompressSync(f.readFileSync(d+'/'+n)).length;console.log(JSON.stringify(o))"
)


def raw_sizes(folder: str) -> dict[str, int]:
    """Path below the folder -> bytes."""
    found = {}
    for root, _folders, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            if os.path.isfile(path):
                found[os.path.relpath(path, folder)] = os.path.getsize(path)
    return found


def gzip_sizes(folder: str, files: Sequence[str]) -> dict[str, int]:
    """Bytes of each file with gzip level 9."""
    sizes = {}
    for name in files:
        with open(os.path.join(folder, name), "rb") as stream:
            sizes[name] = len(gzip.compress(stream.read(), 9, mtime=0))
    return sizes


def brotli_sizes(image: str, folder: str, files: Sequence[str], runner: Runner = run) -> dict[str, int]:
    """Bytes of each file with brotli 11, by the node of the image; nothing where it has none."""
    if not files:
        return {}
    argv = ["docker", "run", "--rm", "--network", "none", "--entrypoint", "node", image, "-e", _BROTLI, folder, *files]
    try:
        done = runner(argv, timeout=120.0)
        sizes = json.loads(done.stdout) if done.ok else {}
    except (CommandError, ValueError):
        return {}
    if not isinstance(sizes, dict):
        return {}
    return {str(name): size for name, size in sizes.items() if isinstance(size, int)}


def listed_assets(folder: str) -> set[str]:
    """What the build manifests and the prerendered pages name."""
    listed: set[str] = set()
    for root, _folders, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            if name.endswith("-manifest.json"):
                listed |= bundle.manifest_assets(read_text(path), os.path.relpath(path, folder))
            elif name.endswith(".html"):
                listed |= bundle.html_assets(read_text(path))
    return listed
