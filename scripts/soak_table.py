#!/usr/bin/env python3
"""Judges synthetic soaks of which the truth is known: how often is the judge wrong? `--write` puts it into docs/soak_statistics.md."""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "collections"))

from ansible_collections.proofile.stagegate.plugins.module_utils.core.proof import soak_table

PAGE = ROOT / "docs/soak_statistics.md"
BEGIN, END = "<!-- {}: made by scripts/soak_table.py -->", "<!-- /{} -->"


def placed(page: str, name: str, table: str) -> str:
    """The page with a table between its two marks."""
    begin, end = BEGIN.format(name), END.format(name)
    before, _begin, rest = page.partition(begin)
    _old, _end, after = rest.partition(end)
    if not _begin or not _end:
        raise SystemExit(f"{PAGE}: {begin} and {end} are missing")
    return f"{before}{begin}\n{table}{end}{after}"


def main() -> int:
    """Make the tables, and print or write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200, help="soaks of each kind and length")
    parser.add_argument("--write", action="store_true", help="write docs/soak_statistics.md")
    given = parser.parse_args()
    tables = {
        "growth": f"{given.runs} soaks a cell:\n\n{soak_table.growth_table(given.runs, random.Random)}",
        "drift": f"{given.runs} soaks a cell:\n\n{soak_table.drift_table(given.runs, random.Random)}",
        "errors": soak_table.errors_table(0.001, 0.95, (0, 1, 3, 10)),
    }
    page = PAGE.read_text() if given.write else ""
    for name, table in tables.items():
        page = placed(page, name, table) if given.write else f"{page}\n{table}"
    if given.write:
        PAGE.write_text(page)
    else:
        print(page)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
