"""Bad releases on purpose: each shows one failure that a gate must see."""

import asyncio
import itertools
import logging
import os
import threading

from starlette.types import ASGIApp, Receive, Scope, Send

# The faults show under load only: a handful of journeys does not meet them, a soak does.
FAULT_AFTER = 300
ERROR_EVERY = 50
LEAKED_BYTES = 64 * 1024
SLOWER_SECONDS = 1.2
log = logging.getLogger(__name__)


class FaultMiddleware:
    """Shows its fault in API requests, once the process has answered some hundred of them; preflights and health checks do not count."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count, fail where the variant fails, answer."""
        counted = scope["type"] == "http" and scope["path"].startswith("/api/") and scope["method"] != "OPTIONS"
        number = next(self.numbers) if counted else 0
        if number > FAULT_AFTER:
            await self.fault(number)
        await self.app(scope, receive, send)

    async def fault(self, number: int) -> None:
        """What is wrong with the request of that number."""
        raise NotImplementedError


class PeriodicErrorMiddleware(FaultMiddleware):
    """`two-percent-errors`: every 50th request fails."""

    async def fault(self, number: int) -> None:
        """Fail now and then."""
        if number % ERROR_EVERY == 0:
            raise RuntimeError("the variant two-percent-errors fails this request")


class LeakMiddleware(FaultMiddleware):
    """`leaks-memory`: something of each request is never forgotten."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.kept: list[bytes] = []

    async def fault(self, number: int) -> None:
        """Keep a piece of memory that is really used: zeros alone would cost nothing."""
        self.kept.append(number.to_bytes(8, "big") * (LEAKED_BYTES // 8))


class SlowMiddleware(FaultMiddleware):
    """`slow`: each request takes more than a second longer."""

    async def fault(self, number: int) -> None:
        """Wait, without keeping others from being answered."""
        await asyncio.sleep(SLOWER_SECONDS)


FAULTS: dict[str, type[FaultMiddleware]] = {
    "two-percent-errors": PeriodicErrorMiddleware,
    "leaks-memory": LeakMiddleware,
    "slow": SlowMiddleware,
}


def _crash() -> None:
    log.critical("the variant crash-after-a-minute ends the process")
    os._exit(70)


def arm_crash(seconds: float) -> threading.Timer:
    """`crash-after-a-minute`: end the process with a non-zero code after so long."""
    timer = threading.Timer(seconds, _crash)
    timer.daemon = True
    timer.start()
    return timer
