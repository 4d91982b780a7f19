"""Bad releases on purpose: each shows one failure that a gate must see."""

import itertools
import logging
import os
import threading

from starlette.types import ASGIApp, Receive, Scope, Send

ERROR_EVERY = 50
# The fault shows under load only: a handful of journeys does not meet it, a soak does.
ERROR_AFTER = 300
log = logging.getLogger(__name__)


class PeriodicErrorMiddleware:
    """`two-percent-errors`: once the process has answered some hundred API requests, every 50th fails."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count API requests; preflights and health checks do not count."""
        counted = scope["type"] == "http" and scope["path"].startswith("/api/") and scope["method"] != "OPTIONS"
        number = next(self.numbers) if counted else 0
        if number > ERROR_AFTER and number % ERROR_EVERY == 0:
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
