# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Samples of past runs: read as a gate reads them, but a file that is no longer there is told apart from one that cannot be read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ...core.errors import EvidenceError
from ...core.proof.backtest import SamplesGone
from .series import read_series


def read_past_series(state_dir: str, reference: Mapping[str, Any]) -> Any:
    """Return the samples; SamplesGone when there is no such file any more, EvidenceError for everything else that is wrong."""
    try:
        return read_series(state_dir, reference)
    except EvidenceError as error:
        if _is_gone(state_dir, reference.get("file")):
            raise SamplesGone(error.what, where=error.where) from error
        raise


def _is_gone(state_dir: str, name: Any) -> bool:
    """True for a path inside the state folder at which there is nothing."""
    if not isinstance(name, str) or not name or "\0" in name:
        return False
    root = os.path.realpath(state_dir)
    path = os.path.realpath(os.path.join(root, name))
    return path.startswith(root + os.sep) and not os.path.lexists(path)
