# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Modules out of an archive, as they reach a managed node."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

UTILS = Path(__file__).resolve().parents[3] / "plugins/module_utils"
FILES = {
    "shop/__init__.py": "",
    "shop/adapter.py": "from .zip_finder import find_once\nfind_once(__spec__, ('core', 'io'))\n",
    "shop/zip_finder.py": (UTILS / "zip_finder.py").read_text(),
    "shop/bytecode_cache.py": (UTILS / "bytecode_cache.py").read_text(),
    "shop/core/__init__.py": "",
    "shop/core/price.py": "from .deep import tax\nPRICE = 7 + tax.TAX\n",
    "shop/core/deep/__init__.py": "",
    "shop/core/deep/tax.py": "TAX = 1\n",
    "shop/io/__init__.py": "",
    "shop/io/till.py": "from ..core.price import PRICE\n\ndef total():\n    return PRICE * 2\n",
}
# Python says itself what it compiles.
PROGRAM = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
compiled = []
sys.addaudithook(lambda event, what: compiled.append(str(what[1])) if event == "compile" and what[0] is not None else None)
import shop.adapter
from shop.io import till
try:
    importlib.import_module("shop.core.nothing")
    missing = ""
except ModuleNotFoundError as error:
    missing = error.name
import shop.core.deep
print(json.dumps({
    "total": till.total(), "missing": missing, "file": till.__file__, "name": till.__name__, "package": till.__package__,
    "path": list(shop.core.deep.__path__), "compiled": compiled,
}))
"""


def told(path: Path, python: str = sys.executable) -> dict[str, Any]:
    # What is kept from call to call has tests of its own.
    without = {**os.environ, "STAGEGATE_BYTECODE_CACHE": "off"}
    done = subprocess.run([python, "-I", "-c", PROGRAM, str(path)], capture_output=True, text=True, check=True, env=without)
    return dict(json.loads(done.stdout))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "shop.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in FILES.items():
            packed.writestr(name, text)
    return path


def test_every_module_of_an_archive_is_compiled_once(archive: Path) -> None:
    compiled = told(archive)["compiled"]
    for name in ("core/price.py", "core/deep/__init__.py", "core/deep/tax.py", "io/till.py"):
        assert compiled.count(f"{archive}/shop/{name}") == 1


def test_modules_of_an_archive_are_what_they_would_be_without_the_finder(archive: Path) -> None:
    with_finder = told(archive)
    plain = archive.with_name("plain.zip")
    with zipfile.ZipFile(plain, "w") as packed:
        for name, text in FILES.items():
            packed.writestr(name, "" if name == "shop/adapter.py" else text)
    without = told(plain)
    assert with_finder["total"] == without["total"] == 16
    assert with_finder["missing"] == without["missing"] == "shop.core.nothing"
    for what in ("file", "name", "package", "path"):
        assert with_finder[what] == json.loads(json.dumps(without[what]).replace("plain.zip", "shop.zip"))


def test_modules_in_a_folder_are_left_alone(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert told(tmp_path)["total"] == 16
