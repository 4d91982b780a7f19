"""The part of Redis that the application uses, in memory, with a switch to turn it off."""

from redis import ConnectionError


class FakeRedis:
    """A dictionary that can be down."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.lifetimes: dict[str, int] = {}
        self.down = False
        self.questions = 0

    def _answer(self) -> None:
        self.questions += 1
        if self.down:
            raise ConnectionError("down on purpose")

    def ping(self) -> bool:
        """Alive."""
        self._answer()
        return True

    def get(self, key: str) -> str | None:
        """GET."""
        self._answer()
        return self.values.get(key)

    def mget(self, *keys: str) -> list[str | None]:
        """MGET."""
        self._answer()
        return [self.values.get(key) for key in keys]

    def set(self, key: str, value: object, ex: int, nx: bool = False) -> bool | None:
        """SET with EX and NX."""
        self._answer()
        if nx and key in self.values:
            return None
        self.values[key] = str(value)
        self.lifetimes[key] = ex
        return True

    def incr(self, key: str) -> int:
        """INCR."""
        self._answer()
        self.values[key] = str(int(self.values.get(key, "0")) + 1)
        return int(self.values[key])

    def delete(self, key: str) -> int:
        """DEL."""
        self._answer()
        return 1 if self.values.pop(key, None) is not None else 0
