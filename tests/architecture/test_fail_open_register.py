"""docs/fail_open.md and the tests of the register say the same."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = list(range(1, 24))


def rows() -> list[list[str]]:
    """The cells of every numbered line of the register."""
    lines = (ROOT / "docs/fail_open.md").read_text().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| [0-9]+ \|", line)]


def functions(folder: str) -> dict[str, ast.FunctionDef]:
    """The test functions below a folder by name."""
    trees = [ast.parse(path.read_text()) for path in sorted((ROOT / folder).rglob("test_*.py"))]
    return {node.name: node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_situation_has_its_line_and_its_test_in_order() -> None:
    assert [int(row[0]) for row in rows()] == NUMBERS
    named = [row[3].strip("`") for row in rows()]
    assert [int(re.fullmatch(r"test_fail_open_([0-9]{2})_\w+", name)[1]) for name in named] == NUMBERS
    there = {name for name in functions("tests/unit/fail_open") if name.startswith("test_fail_open_")}
    assert set(named) == there


def test_every_test_of_the_register_shows_its_good_twin() -> None:
    for name, function in functions("tests/unit/fail_open").items():
        if name.startswith("test_fail_open_"):
            words = {node.value for node in ast.walk(function) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
            assert "GO" in words or name.startswith("test_fail_open_22"), name
            assert words & {"HOLD", "FAIL", "ERROR", "REFUSED", "NO-GO"}, name


def test_every_line_says_what_others_do_and_what_ours_does() -> None:
    for row in rows():
        assert all(len(cell) > 20 for cell in row[1:4]), row[0]


def test_the_tests_on_a_real_engine_exist() -> None:
    named = [row[4] for row in rows() if len(row) == 5 and row[4]]
    there = functions("tests/integration")
    assert len(named) == 4
    for cell in named:
        name, variant = re.fullmatch(r"`(\w+)`(?: \(([\w-]+)\))?", cell).groups()
        assert name in there
        assert not variant or variant in ast.dump(there[name]), cell
