# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sending an alert or a notice: one JSON document by POST."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...core.errors import ServiceError
from .http_session import HttpSession, split_url


def post_json(url: str, document: Mapping[str, Any], timeout: float = 10.0) -> int:
    """POST the document to a webhook; returns the 2xx status. Raises ServiceError for anything else, InputError for a bad URL."""
    base, path = split_url(url)
    body = json.dumps(document, sort_keys=True).encode()
    with HttpSession(base, timeout) as session:
        reply = session.request("POST", path, {"Content-Type": "application/json"}, body)
    if not 200 <= reply.status <= 299:
        # The path of a webhook is often its secret: only the host is told.
        raise ServiceError(f"the webhook answered {reply.status}", where=base, why=reply.text[:200])
    return reply.status
