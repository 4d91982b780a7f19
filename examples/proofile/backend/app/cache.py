"""Redis: cached answers, hit and miss counters, rate-limit windows. The truth is never here.

When Redis does not answer, it is left alone for some seconds: each request would
otherwise wait for the same timeout.
"""

import json
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

T = TypeVar("T")
REST_SECONDS = 5.0
TIMEOUT_SECONDS = 0.5
PREFIX = "proofile:"
HITS, MISSES = PREFIX + "cache:hits", PREFIX + "cache:misses"
log = logging.getLogger(__name__)


class CacheDown(Exception):
    """Redis did not answer."""


def make_redis(url: str) -> Redis:
    """A client that fails fast instead of retrying."""
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


class Cache:
    """A Redis client that rests after a failure."""

    def __init__(self, redis: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self.redis = redis
        self.clock = clock
        self.resting_until = float("-inf")

    def _ask(self, question: Callable[[Any], T]) -> T:
        if self.clock() < self.resting_until:
            raise CacheDown("resting after a failure")
        try:
            return question(self.redis)
        except RedisError as error:
            self.resting_until = self.clock() + REST_SECONDS
            log.warning("cache is not available: %s", type(error).__name__)
            raise CacheDown(str(error)) from error

    def answers(self) -> bool:
        """Ask Redis itself, resting or not."""
        try:
            alive = bool(self.redis.ping())
        except RedisError:
            return False
        self.resting_until = float("-inf")
        return alive

    def get(self, key: str) -> Any | None:
        """A cached value; counts a hit or a miss. None when absent or Redis is down."""
        try:
            raw = self._ask(lambda redis: redis.get(PREFIX + key))
            self._ask(lambda redis: redis.incr(MISSES if raw is None else HITS))
            return None if raw is None else json.loads(raw)
        except (CacheDown, ValueError):
            return None

    def put(self, key: str, value: Any, seconds: int) -> None:
        """Keep a value; a cache that is down keeps nothing."""
        try:
            self._ask(lambda redis: redis.set(PREFIX + key, json.dumps(value), ex=seconds))
        except CacheDown:
            return

    def forget(self, key: str) -> None:
        """Drop a value after its source has changed."""
        try:
            self._ask(lambda redis: redis.delete(PREFIX + key))
        except CacheDown:
            return

    def counters(self) -> dict[str, int]:
        """Hits and misses since Redis was set up; CacheDown rather than an invented zero."""
        hits, misses = self._ask(lambda redis: redis.mget(HITS, MISSES))
        return {"hits": int(hits or 0), "misses": int(misses or 0)}

    def count(self, key: str, seconds: int) -> int:
        """Count an event in a window that ends by itself; CacheDown when nobody counts."""

        def question(redis: Any) -> int:
            redis.set(PREFIX + key, 0, ex=seconds, nx=True)
            return int(redis.incr(PREFIX + key))

        return self._ask(question)
