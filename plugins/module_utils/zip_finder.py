# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Modules reach a managed node as an archive of source files, and Python compiles those anew in every call.

It does so twice for each file: the first time only to learn the name of the file. The finder below knows the name
from the archive, which takes about 40 ms off the call of a module that judges.
"""

from __future__ import annotations

import os
import sys
import zipimport
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from typing import Any, Optional


class ZipFinder(zipimport.zipimporter):
    """Finds and loads like its base class."""

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


def find_once(neighbour: Optional[ModuleSpec], packages: Sequence[str]) -> None:
    """Let the modules of packages be found by it when the module beside them, of which this is the spec, came out of an archive."""
    if neighbour is None or not isinstance(neighbour.loader, zipimport.zipimporter):
        return
    folder = os.path.dirname(neighbour.origin or "")
    for package in packages:
        path = os.path.join(folder, package)
        sys.path_importer_cache[path] = ZipFinder(path)
