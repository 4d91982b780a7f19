# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Byte code that is kept on a managed node: used when nobody else can have written it, and never missed."""

from __future__ import annotations

import hashlib
import json
import marshal
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies

from ansible_collections.proofile.stagegate.plugins.module_utils import bytecode_cache

UTILS = Path(__file__).resolve().parents[3] / "plugins/module_utils"
FILES = {
    "shop/__init__.py": "",
    "shop/adapter.py": "from .zip_finder import find_once\nfind_once(__spec__, ('core',))\n",
    "shop/zip_finder.py": (UTILS / "zip_finder.py").read_text(),
    "shop/bytecode_cache.py": (UTILS / "bytecode_cache.py").read_text(),
    "shop/core/__init__.py": "",
    "shop/core/price.py": "def price():\n    return 7\n\n\ndef fail():\n    return 1 / 0\n",
}
PROGRAM = """
import json, sys, traceback
sys.path.insert(0, sys.argv[1])
compiled = []
sys.addaudithook(lambda event, what: compiled.append(str(what[1])) if event == "compile" and what[0] is not None else None)
import shop.adapter
from shop.core import price
try:
    price.fail()
except ZeroDivisionError:
    told = traceback.format_exc()
print(json.dumps({"price": price.price(), "compiled": any(name.endswith("shop/core/price.py") for name in compiled), "told": told}))
"""
SOURCE, NAME = b"ANSWER = 42\n", "shop/answer.py"


def archive(path: Path, **changed: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in {**FILES, **{f"shop/core/{name}.py": text for name, text in changed.items()}}.items():
            packed.writestr(name, text)
    return path


def called(path: Path, caches: Path, python: str = sys.executable, options: tuple[str, ...] = (), **environment: str) -> dict[str, Any]:
    """What a process says that has its modules out of the archive."""
    given = {"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(caches), **environment}
    done = subprocess.run([python, *options, "-c", PROGRAM, str(path)], capture_output=True, text=True, check=True, env=given)
    return dict(json.loads(done.stdout))


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "caches"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.delenv(bytecode_cache.SWITCH, raising=False)
    return folder


@pytest.fixture
def kept(caches: Path) -> Path:
    """Give the one file of a cache that knows one module."""
    assert answer() == 42
    (path,) = (caches / bytecode_cache.FOLDER).iterdir()
    return path


def answer(source: bytes = SOURCE) -> Any:
    """What the module says, out of the cache where there is one that may be used."""
    cache, names = bytecode_cache.open_cache(), {}
    assert cache is not None
    exec(cache.code(source, NAME), names)
    return names["ANSWER"]


def forged(path: Path, value: int) -> None:
    """Put in the place of the byte code some that says something else, whole and sealed: whoever uses it says that value."""
    code = marshal.dumps(compile(f"ANSWER = {value}", NAME, "exec"))
    path.write_bytes(hashlib.sha256(code).digest() + code)


def test_the_second_call_compiles_nothing(tmp_path: Path, caches: Path) -> None:
    told = [called(archive(tmp_path / f"{number}.zip"), caches) for number in range(3)]
    assert [item["compiled"] for item in told] == [True, False, False]
    assert {item["price"] for item in told} == {7}


def test_a_traceback_out_of_kept_code_shows_file_line_and_source(tmp_path: Path, caches: Path) -> None:
    path = archive(tmp_path / "shop.zip")
    for _ in range(2):
        told = called(path, caches)["told"]
        assert 'shop/core/price.py", line 6, in fail' in told and "return 1 / 0" in told


def test_changed_source_is_compiled_and_what_is_kept_of_the_former_stays(tmp_path: Path, caches: Path) -> None:
    called(archive(tmp_path / "one.zip"), caches)
    other = archive(tmp_path / "two.zip", price=FILES["shop/core/price.py"].replace("7", "9"))
    assert [called(other, caches)["price"] for _ in range(2)] == [9, 9]
    back = called(tmp_path / "one.zip", caches)
    assert (back["price"], back["compiled"]) == (7, False)


@pytest.mark.parametrize("word", ["off", "0", "No"])
def test_the_cache_can_be_switched_off(tmp_path: Path, caches: Path, word: str) -> None:
    path = archive(tmp_path / "shop.zip")
    assert [called(path, caches, STAGEGATE_BYTECODE_CACHE=word)["compiled"] for _ in range(2)] == [True, True]
    assert not caches.exists()


def test_a_python_that_leaves_out_assertions_has_files_of_its_own(tmp_path: Path, caches: Path) -> None:
    path = archive(tmp_path / "shop.zip")
    for options in ((), ("-O",), ("-OO",)):
        assert [called(path, caches, options=options)["compiled"] for _ in range(2)] == [True, False]


def other_python() -> Iterator[str]:
    for path in sorted(Path(sys.base_prefix).parent.glob("3.*/bin/python")):
        done = subprocess.run([str(path), "-c", "import sys; print(sys.version_info[:2])"], capture_output=True, text=True, check=False)
        if done.returncode == 0 and eval(done.stdout) >= (3, 9) and eval(done.stdout) != sys.version_info[:2]:
            yield str(path)


def test_pythons_of_different_versions_share_a_folder_and_no_file(tmp_path: Path, caches: Path) -> None:
    path = archive(tmp_path / "shop.zip")
    for count, python in enumerate([*other_python(), sys.executable], start=1):
        assert [called(path, caches, python)["compiled"] for _ in range(2)] == [True, False]
        assert len(list((caches / bytecode_cache.FOLDER).iterdir())) == count


def test_folder_and_files_are_for_the_user_alone(kept: Path) -> None:
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_what_is_kept_is_what_is_used(kept: Path) -> None:
    """So that the tests below cannot pass because nothing is ever read."""
    forged(kept, 666)
    assert answer() == 666


@hypothesis.settings(max_examples=30, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(share=strategies.floats(0, 1), flip=strategies.booleans())
def test_a_file_that_was_cut_or_changed_is_compiled_anew_and_mended(kept: Path, share: float, flip: bool) -> None:
    whole = kept.read_bytes()
    at = min(int(len(whole) * share), len(whole) - 1)
    kept.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] if flip else whole[:at])
    assert answer() == 42
    assert kept.read_bytes() == whole


def test_a_sealed_file_that_holds_no_code_is_not_run(kept: Path) -> None:
    text = marshal.dumps("print('no code')")
    kept.write_bytes(hashlib.sha256(text).digest() + text)
    assert answer() == 42


def test_a_file_that_is_a_link_is_not_followed(kept: Path, tmp_path: Path) -> None:
    forged(tmp_path / "elsewhere", 666)
    kept.unlink()
    kept.symlink_to(tmp_path / "elsewhere")
    assert answer() == 42
    assert not kept.is_symlink()


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_that_others_may_write_is_not_read(kept: Path, mode: int) -> None:
    forged(kept, 666)
    kept.chmod(mode)
    assert answer() == 42
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_pipe_in_the_place_of_a_file_stops_nobody(kept: Path) -> None:
    kept.unlink()
    os.mkfifo(kept)
    assert answer() == 42


def test_a_folder_in_the_place_of_a_file_stops_nobody(kept: Path) -> None:
    kept.unlink()
    kept.mkdir()
    assert answer() == 42


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_owner_is_not_read(kept: Path) -> None:
    forged(kept, 666)
    os.chown(kept, 65534, 65534)
    assert answer() == 42
    assert kept.stat().st_uid == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("which", ["", bytecode_cache.FOLDER])
def test_a_folder_of_another_owner_is_not_used(kept: Path, caches: Path, which: str) -> None:
    os.chown(caches / which, 65534, 65534)
    assert bytecode_cache.open_cache() is None


@pytest.mark.parametrize(("which", "mode"), [("", 0o770), ("", 0o707), *((bytecode_cache.FOLDER, mode) for mode in (0o710, 0o701, 0o777))])
def test_a_folder_that_is_open_to_others_is_not_used(kept: Path, caches: Path, which: str, mode: int) -> None:
    (caches / which).chmod(mode)
    assert bytecode_cache.open_cache() is None
    (caches / which).chmod(0o700)
    assert bytecode_cache.open_cache() is not None


@pytest.mark.parametrize("which", ["", bytecode_cache.FOLDER])
def test_a_folder_that_is_a_link_is_not_used(kept: Path, caches: Path, tmp_path: Path, which: str) -> None:
    (caches / which).rename(tmp_path / "moved")
    (caches / which).symlink_to(tmp_path / "moved")
    assert bytecode_cache.open_cache() is None


def test_a_home_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    path = archive(tmp_path / "shop.zip")
    (tmp_path / "a_file").write_text("")
    for place in ("/proc/self/nothing", str(tmp_path / "a_file" / "below"), str(tmp_path / "a_file")):
        assert called(path, Path(place))["price"] == 7


def test_a_full_disk_is_no_trouble(caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_anything: Any, **_options: Any) -> None:
        raise OSError(28, "No space left on device")

    cache = bytecode_cache.open_cache()
    assert cache is not None
    monkeypatch.setattr(os, "rename", refuse)
    assert cache.code(SOURCE, NAME).co_filename == NAME
    assert list((caches / bytecode_cache.FOLDER).iterdir()) == []


def test_a_relative_place_is_not_taken_and_the_home_is_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "caches")
    monkeypatch.setenv("HOME", "/somebody/else")
    above = bytecode_cache._above()
    assert os.path.isabs(above) and above.endswith("/.cache") and not above.startswith("/somebody")


def test_processes_that_begin_at_once_do_not_disturb_each_other(tmp_path: Path, caches: Path) -> None:
    path = archive(tmp_path / "shop.zip")
    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(lambda _number: called(path, caches), range(6)))
    assert [item["price"] for item in told] == [7] * 6
    (only,) = (caches / bytecode_cache.FOLDER).iterdir()
    assert len(only.name) == 64 and called(path, caches)["compiled"] is False


def test_the_older_half_goes_when_there_are_too_many(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bytecode_cache, "FILES_LIMIT", 10)
    for number in range(9):
        other = kept.with_name(f"{number}")
        other.write_text("")
        os.utime(other, (1000 + number, 1000 + number))
    assert answer(b"ANSWER = 43\n") == 43
    left = {path.name for path in kept.parent.iterdir()}
    assert {"5", "8", kept.name} <= left and not {"0", "4"} & left and len(left) == 6


def test_nothing_goes_while_there_is_room(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bytecode_cache, "FILES_LIMIT", 3)
    assert answer(b"ANSWER = 43\n") == 43
    assert len(list(kept.parent.iterdir())) == 2
