# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pages and widths of a survey, and what makes a page broken for an eye or a keyboard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ..errors import InputError
from ..measurement import measurement
from .browser_watch import page_label

# One pixel of rounding is no overflow.
TOLERANCE_PX = 1
MAX_PRESSES = 400


@dataclass(frozen=True)
class Page:
    """A page to look at: its path, what people call it, whether it is seen with the session of the login journey."""

    path: str
    label: str
    signed_in: bool = True


@dataclass(frozen=True)
class Breakpoint:
    """A size of the window in CSS pixels."""

    name: str
    width: int
    height: int


@dataclass(frozen=True)
class LayoutCheck:
    """One page at one breakpoint, and what is wrong there."""

    page: str
    breakpoint: Breakpoint
    failures: tuple[str, ...]


@dataclass(frozen=True)
class KeyboardWalk:
    """A page walked with Tab: names of the focusable elements, and after each press the index of the focused one (None: none)."""

    page: str
    elements: tuple[str, ...]
    visited: tuple[Optional[int], ...]


def parse_pages(raw: Any, where: str = "pages") -> tuple[Page, ...]:
    """Read a list of paths, or of {path, name, signed_in} mappings. Raises InputError."""
    pages = []
    for number, entry in enumerate(_entries(raw, where)):
        mapping = {"path": entry} if isinstance(entry, str) else entry
        here = f"{where}[{number}]"
        if not isinstance(mapping, Mapping) or not set(mapping) <= {"path", "name", "signed_in"}:
            raise InputError("a page is a path, or a mapping with path, name, signed_in", where=here)
        path, signed_in = mapping.get("path"), mapping.get("signed_in", True)
        if not isinstance(path, str) or not path.startswith("/") or not isinstance(signed_in, bool):
            raise InputError(f"{path!r} is no page", where=here, todo="write {path: /dashboard, signed_in: true}")
        pages.append(Page(path, str(mapping.get("name") or page_label(path)), signed_in))
    return tuple(pages)


def parse_breakpoints(raw: Any, where: str = "breakpoints") -> tuple[Breakpoint, ...]:
    """Read a list of {name, width, height}. Raises InputError."""
    found = []
    for number, entry in enumerate(_entries(raw, where)):
        here = f"{where}[{number}]"
        if not isinstance(entry, Mapping) or not {"name", "width", "height"} <= set(entry):
            raise InputError("a breakpoint needs name, width and height", where=here, why=f"got {str(entry)[:60]!r}")
        for side in ("width", "height"):
            size = entry[side]
            if isinstance(size, bool) or not isinstance(size, int) or not 200 <= size <= 8000:
                raise InputError(f"{side} {size!r} is no number of CSS pixels", where=here, todo="write 200 to 8000")
        found.append(Breakpoint(str(entry["name"]), entry["width"], entry["height"]))
    names = Counter(entry.name for entry in found)
    twice = [name for name, times in names.items() if times > 1]
    if twice:
        raise InputError(f"two breakpoints are called {twice[0]!r}", where=where)
    return tuple(found)


def layout_failures(seen: Mapping[str, Any], landmarks: Sequence[str]) -> tuple[str, ...]:
    """What is wrong with a page as the browser laid it out; `seen` comes from the survey's layout script."""
    failures = []
    status = seen.get("status")
    if not isinstance(status, int) or status >= 400:
        failures.append(f"the page was answered with {status}")
    wide, window = _number(seen.get("scroll_width")), _number(seen.get("client_width"))
    if wide is None or window is None:
        return (*failures, "the page could not be measured")
    if wide > window + TOLERANCE_PX:
        by = ", ".join(str(name)[:80] for name in list(seen.get("overflowing") or [])[:3]) or "unknown elements"
        failures.append(f"scrolls sideways: {wide:.0f} px in a window of {window:.0f} px, because of {by}")
    given = seen.get("visible")
    visible = given if isinstance(given, Mapping) else {}
    failures += [f"{landmark} is not visible" for landmark in landmarks if visible.get(landmark) is not True]
    if not seen.get("mobile_viewport"):
        failures.append("no <meta name=viewport> with width=device-width")
    if not seen.get("text_length"):
        failures.append("the page shows no text")
    return tuple(failures)


def presses_needed(focusable: int) -> int:
    """Twice around and a little: a trap shows in the second round."""
    return min(2 * focusable + 2, MAX_PRESSES)


def keyboard_failures(walk: KeyboardWalk) -> list[str]:
    """The elements that Tab never reached, and a focus that never came back to where it began."""
    if not walk.elements:
        return []
    reached = {index for index in walk.visited if index is not None}
    failures = [f"Tab never reaches {name}" for index, name in enumerate(walk.elements) if index not in reached]
    focused = [index for index in walk.visited if index is not None]
    if focused and focused[0] not in focused[1:] and len(walk.elements) > 1:
        failures.append(f"the focus does not come back to {walk.elements[focused[0]]}")
    return failures


def layout_measurements(checks: Sequence[LayoutCheck], source: str) -> list[dict[str, Any]]:
    """responsive.checks and responsive.failures by width; two breakpoints of one width count together."""
    facts = []
    for width in sorted({check.breakpoint.width for check in checks}):
        here = [check for check in checks if check.breakpoint.width == width]
        broken = [check for check in here if check.failures]
        said = [f"{check.page} on {check.breakpoint.name}: {text}" for check in broken for text in check.failures]
        labels = {"width": str(width)}
        facts.append(measurement("responsive.checks", len(here), "count", labels, source))
        facts.append(measurement("responsive.failures", len(broken), "count", labels, source, said))
    return facts


def keyboard_measurement(walks: Sequence[KeyboardWalk], source: str) -> list[dict[str, Any]]:
    """a11y.keyboard_traps: pages with at least one failure. Nothing walked: nothing said."""
    if not walks:
        return []
    found = {walk.page: keyboard_failures(walk) for walk in walks}
    said = [f"{page}: {text}" for page, texts in found.items() for text in texts[:5]]
    trapped = sum(bool(texts) for texts in found.values())
    walked = ", ".join(f"{walk.page} ({len(walk.elements)} elements)" for walk in walks)
    return [measurement("a11y.keyboard_traps", trapped, "count", source=source, detail=[*said, f"walked: {walked}"])]


def _entries(raw: Any, where: str) -> Sequence[Any]:
    if not isinstance(raw, (list, tuple)) or not raw:
        raise InputError("a list with at least one entry is needed", where=where)
    return raw


def _number(value: Any) -> Optional[float]:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
