"""Too many logins."""

import pytest
from fastapi import HTTPException

from app.cache import Cache
from app.rate_limit import RateLimit
from tests.conftest import EMAIL, PASSWORD
from tests.fake_redis import FakeRedis

LOGIN = "/api/auth/login"


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("limit", [1, 3, 20])
def test_one_attempt_too_many_is_429(make_site, limit: int, down: bool) -> None:
    site = make_site(AUTH_RATE_LIMIT=str(limit))
    site.app.state.login_limit.clock = lambda: 1_000_030.0
    site.redis.down = down
    body = {"email": EMAIL, "password": "wrong"}
    codes = [site.client.post(LOGIN, json=body).status_code for _ in range(limit + 1)]
    assert codes == [401] * limit + [429]


def test_the_refusal_says_when_to_come_back(make_site) -> None:
    site = make_site(AUTH_RATE_LIMIT="1")
    site.app.state.login_limit.clock = lambda: 600.0 + 45
    body = {"email": EMAIL, "password": PASSWORD}
    site.client.post(LOGIN, json=body)
    answer = site.client.post(LOGIN, json=body)
    assert answer.headers["Retry-After"] == "15"
    assert answer.json() == {"detail": "Too many attempts, try again in 15 s"}


def limiter(redis: FakeRedis, moment: list[float]) -> RateLimit:
    return RateLimit(Cache(redis, lambda: moment[0]), 1, lambda: moment[0])


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize(
    ("address", "email", "later", "refused"),
    [("a", "x", 0, True), ("b", "x", 0, False), ("a", "y", 0, False), ("a", "x", 60, False)],
)
def test_the_limit_is_per_address_and_email_and_minute(down: bool, address: str, email: str, later: int, refused: bool) -> None:
    redis, moment = FakeRedis(), [600.0]
    redis.down = down
    limit = limiter(redis, moment)
    limit.check("a", "x")
    moment[0] += later
    if refused:
        with pytest.raises(HTTPException) as caught:
            limit.check(address, email)
        assert caught.value.status_code == 429
    else:
        limit.check(address, email)


def test_no_email_is_kept_in_redis() -> None:
    redis = FakeRedis()
    limiter(redis, [600.0]).check("192.0.2.1", EMAIL)
    assert not any(EMAIL in key for key in redis.values)


def test_local_counting_does_not_grow_for_ever() -> None:
    redis, moment = FakeRedis(), [600.0]
    redis.down = True
    limit = limiter(redis, moment)
    for number in range(100):
        limit.check("a", str(number))
    moment[0] += 60
    limit.check("a", "next")
    assert len(limit.local) == 1
