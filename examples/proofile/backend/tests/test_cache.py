"""The cache rests after a failure instead of making every request wait."""

import pytest

from app.cache import REST_SECONDS, Cache, CacheDown
from tests.fake_redis import FakeRedis


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def redis() -> FakeRedis:
    return FakeRedis()


@pytest.fixture
def cache(redis: FakeRedis, clock: Clock) -> Cache:
    return Cache(redis, clock)


@pytest.mark.parametrize("value", [{}, [], 0, "", {"a": [1, "ü"]}, 1.5])
def test_a_value_comes_back_as_it_was(cache: Cache, value: object) -> None:
    cache.put("k", value, 5)
    assert cache.get("k") == value


def test_a_forgotten_value_is_gone(cache: Cache) -> None:
    cache.put("k", 1, 5)
    cache.forget("k")
    assert cache.get("k") is None


def test_a_down_redis_is_asked_once_and_then_left_alone(cache: Cache, redis: FakeRedis) -> None:
    redis.down = True
    for _ in range(10):
        assert cache.get("k") is None
        cache.put("k", 1, 5)
        cache.forget("k")
    assert redis.questions == 1


@pytest.mark.parametrize(("later", "asked"), [(REST_SECONDS - 0.1, False), (REST_SECONDS, True)])
def test_it_is_asked_again_after_the_rest(cache: Cache, redis: FakeRedis, clock: Clock, later: float, asked: bool) -> None:
    redis.down = True
    cache.get("k")
    redis.down = False
    clock.time = later
    cache.get("k")
    assert (redis.questions > 1) is asked


def test_readiness_asks_at_once_and_ends_the_rest(cache: Cache, redis: FakeRedis) -> None:
    redis.down = True
    cache.get("k")
    assert not cache.answers()
    redis.down = False
    assert cache.answers()
    assert cache.counters() == {"hits": 0, "misses": 0}


def test_counting_says_so_when_nobody_counts(cache: Cache, redis: FakeRedis) -> None:
    redis.down = True
    with pytest.raises(CacheDown):
        cache.count("k", 60)


def test_a_window_ends_by_itself(cache: Cache, redis: FakeRedis) -> None:
    assert [cache.count("k", 60) for _ in range(3)] == [1, 2, 3]
    assert redis.lifetimes == {"proofile:k": 60}
