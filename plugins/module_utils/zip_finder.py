# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Modules reach a managed node as an archive of source files, and Python compiles those anew in every call.

It does so twice for each file: the first time only to learn the name of the file. The finder below knows the name
from the archive, which takes about 40 ms off the call of a module that judges; and it keeps the byte code for the next call
(bytecode_cache.py), which takes off the other compiling.
"""

from __future__ import annotations

import os
import sys
import zipimport
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from types import CodeType, ModuleType
from typing import Any, ClassVar, Optional

from .bytecode_cache import BytecodeCache, open_cache


class ZipFinder(zipimport.zipimporter):
    """Finds and loads like its base class; `cache` is for all of them, None where there is none."""

    cache: ClassVar[Optional[BytecodeCache]] = None

    def find_spec(self, fullname: str, target: Any = None) -> Optional[ModuleSpec]:
        """Return where a module of the archive is; None for another one."""
        try:
            is_package = self.is_package(fullname)
        except zipimport.ZipImportError:
            return None
        path = os.path.join(self.archive, self.prefix, fullname.rpartition(".")[2])
        if is_package:
            sys.path_importer_cache[path] = ZipFinder(path)
            return spec_from_file_location(fullname, os.path.join(path, "__init__.py"), loader=self, submodule_search_locations=[path])
        return spec_from_file_location(fullname, f"{path}.py", loader=self)

    def create_module(self, spec: ModuleSpec) -> Optional[ModuleType]:
        """As Python does it. The base class has neither this nor `exec_module` on Python 3.9."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run the module in its own name space."""
        exec(self.get_code(module.__name__), module.__dict__)  # noqa: S102  # this is what a loader does

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of a module, out of the cache where it can be. ZipImportError when the archive has no such module."""
        inside = self.prefix + fullname.rpartition(".")[2] + ("/__init__.py" if self.is_package(fullname) else ".py")
        try:
            source = None if self.cache is None else self.get_data(os.path.join(self.archive, inside))
        except OSError:
            source = None
        return super().get_code(fullname) if self.cache is None or source is None else self.cache.code(source, inside)


def find_once(neighbour: Optional[ModuleSpec], packages: Sequence[str]) -> None:
    """Let the modules of packages be found by it when the module beside them, of which this is the spec, came out of an archive."""
    if neighbour is None or not isinstance(neighbour.loader, zipimport.zipimporter):
        return
    ZipFinder.cache = open_cache()
    folder = os.path.dirname(neighbour.origin or "")
    for package in packages:
        path = os.path.join(folder, package)
        sys.path_importer_cache[path] = ZipFinder(path)
