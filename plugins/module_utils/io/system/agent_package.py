# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Packing the agent: one zip file made of the very sources that this process has loaded.

A module on a managed node runs from Ansible's own zip, where the collection's files are not on disk. Python's loaders give
the source text of every imported module all the same, from a zip as from a folder. So nothing is copied twice, nothing is
listed by hand, and the agent is always the code of the collection that started it.
"""

from __future__ import annotations

import importlib.util
import io
import os
import sys
import zipfile

from ...core.errors import InputError

PACKAGE = "stagegate"
MAIN = "from {package}.{module} import main\n\nraise SystemExit(main())\n"
EPOCH = (2026, 1, 1, 0, 0, 0)  # the same sources, the same bytes


def packed_agent(program: str) -> bytes:
    """The zip file as bytes: __main__.py, which calls `main` of the module of which `program` is the name, and what is loaded of
    <PACKAGE>/{core,io}.

    Raises InputError when a source cannot be read.
    """
    root = __name__.rsplit(".", 3)[0]
    files = {
        "__main__.py": MAIN.format(package=PACKAGE, module=program[len(root) + 1 :]),
        f"{PACKAGE}/__init__.py": "",
        f"{PACKAGE}/core/__init__.py": "",
        f"{PACKAGE}/io/__init__.py": "",
    }
    for name in sorted(sys.modules):
        layer, _dot, module = name[len(root) + 1 :].partition(".")
        if name.startswith(f"{root}.") and layer in ("core", "io") and module:
            path = f"{PACKAGE}/{layer}/{module.replace('.', '/')}"
            is_package = hasattr(sys.modules[name], "__path__")
            files[f"{path}/__init__.py" if is_package else f"{path}.py"] = "" if is_package else _source(name)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            archive.writestr(zipfile.ZipInfo(path, EPOCH), files[path])
    return buffer.getvalue()


def put_agent(path: str, program: str) -> None:
    """Write that zip file, whole or not at all, for the owner only."""
    packed = packed_agent(program)
    handle = os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(packed)
    os.replace(f"{path}.new", path)


def _source(name: str) -> str:
    spec = importlib.util.find_spec(name)
    loader = spec.loader if spec else None
    source = loader.get_source(name) if loader and hasattr(loader, "get_source") else None
    if not source:
        raise InputError("the agent cannot be packed", where=name, why="its source cannot be read")
    return str(source)
