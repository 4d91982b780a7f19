# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tree of failures.

StagegateError
+-- InputError        somebody wrote something that cannot be used: a policy, a file, a variable
+-- EvidenceError     evidence is not of the shape, size or type that it must have
+-- LedgerError       the ledger is damaged, refused an entry, or is not there
+-- CommandError      a program ended badly or took too long
+-- ServiceError      a service cannot be reached or does not answer as it must
"""

from __future__ import annotations


class StagegateError(Exception):
    """A failure that a person can act on: what happened, where, why, and what to do about it."""

    def __init__(self, what: str, where: str = "", why: str = "", todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.todo = todo

    def __str__(self) -> str:
        parts = [self.what]
        if self.where:
            parts.append(f"where: {self.where}")
        if self.why:
            parts.append(f"why: {self.why}")
        if self.todo:
            parts.append(f"what to do: {self.todo}")
        return " | ".join(parts)


class InputError(StagegateError):
    """Something that a person wrote cannot be used."""


class EvidenceError(StagegateError):
    """Evidence does not have the shape, size or type that it must have."""


class LedgerError(StagegateError):
    """The ledger is damaged, refused an entry, or is not there."""


class CommandError(StagegateError):
    """A program ended badly or took too long."""


class ServiceError(StagegateError):
    """A service cannot be reached or does not answer as it must."""
