"""At most so many logins a minute per address and email."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable

from fastapi import HTTPException

from app.cache import Cache, CacheDown

WINDOW_SECONDS = 60


class RateLimit:
    """A fixed window counted in Redis, in this process while Redis is down."""

    def __init__(self, cache: Cache, limit: int, clock: Callable[[], float] = time.time) -> None:
        self.cache = cache
        self.limit = limit
        self.clock = clock
        self.local: Counter[str] = Counter()
        self.local_window = -1

    def _count_here(self, window: int, key: str) -> int:
        if window != self.local_window:
            self.local.clear()
            self.local_window = window
        self.local[key] += 1
        return self.local[key]

    def check(self, address: str, email: str) -> None:
        """Count this attempt; 429 when it is one too many."""
        window, elapsed = divmod(int(self.clock()), WINDOW_SECONDS)
        who = hashlib.sha256(f"{address} {email}".encode()).hexdigest()[:32]
        key = f"login:{who}:{window}"
        try:
            attempts = self.cache.count(key, 2 * WINDOW_SECONDS)
        except CacheDown:
            attempts = self._count_here(window, key)
        if attempts > self.limit:
            wait = WINDOW_SECONDS - elapsed
            raise HTTPException(429, f"Too many attempts, try again in {wait} s", {"Retry-After": str(wait)})
