"""`make bench`: the figures of docs/benchmarks.md, side by side in one run: `python scripts/bench.py [--write] [name ...]`.

Prints Markdown with machine and date; with --write it is put into docs/benchmarks.md. `train` needs a demo that has ended in GO.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence

from bench import gate_call, judge, logs, release, sampling, train
from bench.measure import ROOT, Row, machine

PAGE = ROOT / "docs/benchmarks.md"
FIGURES = {
    "train": train.rows,
    "managed": judge.managed_rows,
    "soak": judge.whole_rows,
    "controller": judge.controller_rows,
    "gate": gate_call.rows,
    "release": release.rows,
    "sampling": sampling.rows,
    "logs": logs.rows,
}


def section(name: str, rows: Sequence[Row]) -> str:
    """The figures of one name as Markdown, between its two marks."""
    table = ["| what | figure | target |", "|---|---|---|", *(f"| {row.what} | {row.figure} | {row.target} |" for row in rows)]
    return "\n".join([f"<!-- begin {name} -->", f"Measured {machine()}:", "", *table, f"<!-- end {name} -->"])


def write(name: str, text: str) -> None:
    """Put a section into the page, in place of the one that was there."""
    page = PAGE.read_text()
    begin, end = (page.index(f"<!-- {word} {name} -->") for word in ("begin", "end"))
    PAGE.write_text(page[:begin] + text + page[end + len(f"<!-- end {name} -->") :])


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Measure the figures of docs/benchmarks.md.")
    parser.add_argument("--write", action="store_true", help="write them into the page")
    parser.add_argument("names", nargs="*", metavar="name", help=f"one of {', '.join(FIGURES)}; without names all of them")
    options = parser.parse_args()
    if unknown := set(options.names) - set(FIGURES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(FIGURES)}")
    for name in options.names or FIGURES:
        text = section(name, FIGURES[name]())
        print(re.sub(r"<!-- .* -->\n?", "", text), flush=True)
        if options.write:
            write(name, text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
