# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cursor over a short text that somebody wrote in the policy: every refusal names the column.

The grammars that are read with it (closed; nothing is ever evaluated as code):

    quantity    = number unit                                          units.py
    limit       = number "-" quantity                                  limit.py; both ends inclusive
                | sign bound ["for" quantity]      sign = < <= > >= == !=
    bound       = quantity | "baseline" ["*" number | ("+" | "-") quantity]
    warning     = limit | "reaches" (quantity | sli) "within" quantity reach.py
    aggregation = name | "p(" number ")" | "share(" sign quantity ")"  aggregate.py
    expression  = sli ["/" (sli | "(" sli {"+" sli} ")")]              expression.py
    sli         = name ["{" label "=" value {"," label "=" value} "}"]
"""

from __future__ import annotations

import re
from typing import NoReturn, Optional

from .errors import InputError

_BLANKS = re.compile(r"\s*")


class Scanner:
    """One text, read from left to right. `where` is the position of the text itself, `kind` what it should be ("limit")."""

    def __init__(self, text: object, where: str, kind: str, todo: str = "", limit: int = 100) -> None:
        if not isinstance(text, str) or len(text) > limit:
            why = f"expected a text of at most {limit} characters"
            raise InputError(f"{str(text)[:60]!r} is no {kind}", where=where, why=why, todo=todo)
        self.text = text
        self.where = where
        self.at = 0

    def take(self, pattern: re.Pattern[str]) -> Optional[re.Match[str]]:
        """Return the match of a pattern after blanks and go on behind it; None, without moving, when it does not match."""
        blanks = _BLANKS.match(self.text, self.at)
        match = pattern.match(self.text, blanks.end() if blanks else self.at)
        if match is not None:
            self.at = match.end()
        return match

    def ended(self) -> bool:
        """True when nothing but blanks is left."""
        return not self.text[self.at :].strip()

    def expect_end(self, what: str, todo: str = "") -> None:
        """InputError when something is left."""
        if not self.ended():
            self.refuse(what, todo)

    def refuse(self, what: str, todo: str = "", at: Optional[int] = None, why: str = "") -> NoReturn:
        """Raise the InputError for the place where the cursor stands, or for column `at` (from 0)."""
        start = self.at if at is None else at
        rest = self.text[start:]
        column = start + len(rest) - len(rest.lstrip()) + 1
        found = f"found {rest.strip()[:30]!r}" if rest.strip() else "found the end"
        where = f"{self.where}, column {column} of {self.text[:80]!r}".lstrip(", ")
        raise InputError(what, where=where, why=why or found, todo=todo)
