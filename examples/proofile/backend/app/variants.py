"""Bad releases on purpose: each shows one failure that a gate must see."""

import itertools
import logging
import os
import threading

from starlette.types import ASGIApp, Receive, Scope, Send

ERROR_EVERY = 50
log = logging.getLogger(__name__)


class PeriodicErrorMiddleware:
    """`two-percent-errors`: every 50th API request fails."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count API requests; preflights and health checks do not count."""
        counted = scope["type"] == "http" and scope["path"].startswith("/api/") and scope["method"] != "OPTIONS"
        if counted and next(self.numbers) % ERROR_EVERY == 0:
            raise RuntimeError("the variant two-percent-errors fails this request")
        await self.app(scope, receive, send)


def _crash() -> None:
    log.critical("the variant crash-after-a-minute ends the process")
    os._exit(70)


def arm_crash(seconds: float) -> threading.Timer:
    """`crash-after-a-minute`: end the process with a non-zero code after so long."""
    timer = threading.Timer(seconds, _crash)
    timer.daemon = True
    timer.start()
    return timer
