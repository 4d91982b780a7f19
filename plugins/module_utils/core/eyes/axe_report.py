# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What axe-core found on a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import EvidenceError
from ..measurement import measurement

IMPACTS = ("critical", "serious", "moderate", "minor")
DEFAULT_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
# Best practice in axe's words, but what a screen reader steers by: landmarks, headings, labels.
DEFAULT_RULES = ("landmark-one-main", "landmark-unique", "page-has-heading-one", "region", "heading-order", "empty-heading")


@dataclass(frozen=True)
class Violation:
    """One rule that one page breaks, on how many elements, and the first of them as a CSS selector."""

    page: str
    rule: str
    impact: str
    elements: int
    help: str
    example: str = ""

    def __str__(self) -> str:
        at = f" at {self.example}" if self.example else ""
        return f"{self.page}: {self.rule} ({self.impact}, {self.elements} elements): {self.help}{at}"


@dataclass(frozen=True)
class PageReport:
    """The result of one page: which axe-core looked, how many rules it applied, what it found."""

    page: str
    version: str
    rules: int
    violations: tuple[Violation, ...]


def run_options(tags: Sequence[str], rules: Sequence[str]) -> dict[str, Any]:
    """The options of axe.run: these tags, and these rules on top; of the results only what is read here."""
    return {
        "runOnly": {"type": "tag", "values": list(tags)},
        "rules": {rule: {"enabled": True} for rule in rules},
        "resultTypes": ["violations"],
    }


def parse_report(page: str, raw: Any) -> PageReport:
    """Read the result of axe.run. Raises EvidenceError when it is no such result, or when no rule was applied to anything."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("testEngine"), Mapping):
        raise EvidenceError(f"axe-core gave no result for {page}", why=f"got {str(raw)[:80]!r}")
    violations = raw.get("violations")
    if not isinstance(violations, list):
        raise EvidenceError(f"axe-core's result for {page} has no list of violations")
    applied = len(violations) + len(raw.get("passes") or []) + len(raw.get("incomplete") or [])
    if not applied:
        raise EvidenceError(f"axe-core applied no rule to {page}", why="the page is empty, or no tag names a rule")
    version = str(raw["testEngine"].get("version", "?"))[:20]
    return PageReport(page, version, applied, tuple(_violation(page, entry) for entry in violations))


def axe_measurements(reports: Sequence[PageReport]) -> list[dict[str, Any]]:
    """a11y.pages and a11y.violations by impact, each with 0 said outright. Nothing examined: nothing said about violations."""
    source = f"axe-core {reports[0].version}" if reports else "axe-core"
    facts = [measurement("a11y.pages", len(reports), "count", source=source, detail=[report.page for report in reports])]
    if not reports:
        return facts
    found = [violation for report in reports for violation in report.violations]
    for impact in IMPACTS:
        hits = [violation for violation in found if violation.impact == impact]
        facts.append(measurement("a11y.violations", len(hits), "count", {"impact": impact}, source, [str(hit) for hit in hits]))
    return facts


def _violation(page: str, raw: Any) -> Violation:
    if not isinstance(raw, Mapping):
        raise EvidenceError(f"axe-core's result for {page} has a violation that is none", why=f"got {str(raw)[:80]!r}")
    given = raw.get("nodes")
    nodes = given if isinstance(given, list) else []
    impact = raw.get("impact")
    return Violation(
        page=page,
        rule=str(raw.get("id", "?"))[:60],
        # A violation that axe does not rate still is one.
        impact=impact if impact in IMPACTS else "serious",
        elements=len(nodes),
        help=str(raw.get("help", ""))[:200],
        example=_selector(nodes[0]) if nodes else "",
    )


def _selector(node: Any) -> str:
    target = node.get("target") if isinstance(node, Mapping) else None
    return " ".join(str(part) for part in target)[:120] if isinstance(target, list) else ""
