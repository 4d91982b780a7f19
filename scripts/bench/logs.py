"""The log scan beside grep: 200 MB of log lines, 20 expressions, one line in a thousand critical; whole processes in turn."""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from bench.measure import ROOT, Row, in_turn

SIZE = 200_000_000
NOUNS = ["worker", "socket", "queue", "cursor", "tenant", "ledger", "mailer", "render", "import", "export"]
PATTERNS = [
    r"\b(?:CRITICAL|FATAL|PANIC|EMERG)\b",
    r"^Traceback \(most recent call last\)",
    r"\b(?:Unhandled|Uncaught) (?:exception|error|promise rejection)|unhandledRejection|uncaughtException",
    r"\bOut of memory\b|\bOOMKilled\b|JavaScript heap out of memory",
    r"\bSegmentation fault\b",
    r"\b(?:deadlock|Deadlock) (?:detected|found)",
    r"too many (?:connections|clients|open files)",
    r"[Cc]onnection (?:refused|reset by peer)",
    r"No space left on device",
    r"[Pp]ermission denied",
    *(f"{noun.upper()} (?:crashed|died) with code [0-9]+" for noun in NOUNS),
]
SCAN = """
import sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.log_search import scan_stream
with open(sys.argv[2], "rb") as stream:
    found = scan_stream(stream, sys.argv[4:], (), sys.argv[3] or None)
print(found.lines, found.critical)
"""


def write_log(path: Path) -> None:
    """Access lines of a web application, with a critical line now and then."""
    block = []
    for number in range(20000):
        noun = NOUNS[number % 10]
        if number % 2000 == 1999:
            block.append(f"2026-11-23T10:00:00.{number:06}Z {noun.upper()} crashed with code {number}\n")
        else:
            block.append(f"2026-11-23T10:00:00.{number:06}Z INFO {noun} GET /api/profiles/{number}?page=3 200 {number % 90} ms\n")
    piece = "".join(block).encode()
    with path.open("wb") as stream:
        for _ in range(SIZE // len(piece)):
            stream.write(piece)


def rows() -> list[Row]:
    """Measure both ways of the scan against grep."""
    grep = shutil.which("grep") or sys.exit("there is no grep to compare with")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log"
        write_log(path)
        megabytes = path.stat().st_size / 1e6
        plain = ["env", "LC_ALL=C", grep, "-c", "-E", "|".join(pattern.replace("(?:", "(") for pattern in PATTERNS), str(path)]
        found = [Row("grep -E, MB/s", "", "")]
        for what, program, target in (("standard library", "", 5.0), ("grep as prefilter", grep, 1.5)):
            ours = [sys.executable, "-c", SCAN, os.fspath(ROOT / "collections"), str(path), program, *PATTERNS]
            pairs = in_turn(plain, ours, 3)
            if {one.output.split()[0] for one, _ in pairs} != {other.output.split()[1] for _, other in pairs}:
                raise SystemExit("grep and the scan have not found the same")
            times = statistics.median(one.seconds for one, _ in pairs), statistics.median(other.seconds for _, other in pairs)
            found[0] = Row("`LC_ALL=C grep -E` over 200 MB, 20 expressions", f"{megabytes / times[0]:.0f} MB/s")
            found.append(Row(f"log scan, {what}", f"{megabytes / times[1]:.0f} MB/s, {times[1] / times[0]:.2f}x the time", f"< {target}x"))
        return found
