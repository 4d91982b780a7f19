"""Sends requests at a steady rate until it is told to end (SIGTERM), then prints what became of each of them as JSON.

`python steady_load.py URL [--rate 200] [--kept 8]`: `rate` requests a second, each on a connection of its own, sent when they are due
whatever became of the ones before (an open model); beside them `kept` clients that keep their connection, every other request a POST.
Latency counts from the intended start. A process of its own, so that nothing else holds it up. Standard library.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import time
from urllib.parse import urlsplit

LIMIT_SECONDS = 30.0
KEPT_PAUSE_SECONDS = 0.1


class SteadyLoad:
    """The clients, and what they saw."""

    def __init__(self, url: str, rate: float, kept: int) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._path = parts.hostname or "", parts.port or 80, parts.path or "/"
        self._rate, self._kept = rate, kept
        self._stop = asyncio.Event()
        self._answers: list[tuple[float, float, str, str]] = []  # unix time, seconds, kind, release
        self._failed: list[tuple[float, str, str]] = []  # unix time, kind, why
        self._kept_connections = 0

    async def run(self) -> None:
        """Until `stop`; requests under way are waited for."""
        clients = [asyncio.create_task(self._keep(number)) for number in range(self._kept)]
        pending: set[asyncio.Task[None]] = set()
        began, number = time.monotonic(), 0
        while not self._stop.is_set():
            due = began + number / self._rate
            number += 1
            wait = due - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            task = asyncio.create_task(self._one(due))
            pending.add(task)
            task.add_done_callback(pending.discard)
        await asyncio.gather(*clients, *pending)

    def stop(self) -> None:
        """Send nothing more."""
        self._stop.set()

    def told(self) -> dict[str, object]:
        """Counts, every failure, the slowest answer, the longest time without an answer on a new connection, releases seen."""
        seconds = sorted(answer[1] for answer in self._answers) or [0.0]
        releases: dict[str, int] = {}
        for _at, _seconds, _kind, release in self._answers:
            releases[release] = releases.get(release, 0) + 1
        times = sorted(at for at, _seconds, kind, _release in self._answers if kind == "new")
        return {
            "requests": len(self._answers) + len(self._failed),
            "kept_requests": sum(kind != "new" for _at, _seconds, kind, _release in self._answers),
            "kept_connections": self._kept_connections,
            "failed": sorted(self._failed),
            "slowest": seconds[-1],
            "p99": seconds[int(len(seconds) * 0.99)] if len(seconds) > 1 else seconds[0],
            "longest_gap": max((later - at for at, later in zip(times, times[1:])), default=0.0),
            "releases": releases,
        }

    async def _one(self, due: float) -> None:
        try:
            release = await asyncio.wait_for(self._exchange_once(), LIMIT_SECONDS)
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.TimeoutError) as error:
            self._failed.append((time.time(), "new", repr(error)[:200]))
        else:
            self._answers.append((time.time(), time.monotonic() - due, "new", release))

    async def _exchange_once(self) -> str:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            release, _more = await self._exchange(reader, writer, "GET", "close")
            return release
        finally:
            writer.close()

    async def _keep(self, client: int) -> None:
        """A client that opens its connection anew only when the server said, with an answer, that it would close it."""
        streams, number = None, client
        while not self._stop.is_set():
            begun, number = time.monotonic(), number + 1
            method = "POST" if number % 2 else "GET"
            try:
                if streams is None:
                    self._kept_connections += 1
                    streams = await asyncio.open_connection(self._host, self._port)
                release, more = await asyncio.wait_for(self._exchange(*streams, method, "keep-alive"), LIMIT_SECONDS)
            except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.TimeoutError) as error:
                self._failed.append((time.time(), f"kept {method}", repr(error)[:200]))
                more = False
            else:
                self._answers.append((time.time(), time.monotonic() - begun, f"kept {method}", release))
            if not more and streams is not None:
                streams[1].close()
                streams = None
            await asyncio.sleep(KEPT_PAUSE_SECONDS)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, method: str, connection: str) -> tuple[str, bool]:
        """The body, and whether the connection may be used again. ValueError for any answer but 200."""
        body = "x" if method == "POST" else ""
        head = f"{method} {self._path} HTTP/1.1\r\nHost: {self._host}\r\nConnection: {connection}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write((head + body).encode())
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in answer.split("\r\n")[1:])}
        text = await (reader.readexactly(int(fields["content-length"])) if "content-length" in fields else reader.read())
        if answer.split(" ", 2)[1] != "200":
            raise ValueError(answer.split("\r\n")[0])
        return text.decode("latin-1"), fields.get("connection", "").lower() != "close" and "content-length" in fields


async def main() -> None:
    """Send, end, tell."""
    parser = argparse.ArgumentParser(description="Steady load on one address.")
    parser.add_argument("url")
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--kept", type=int, default=8)
    options = parser.parse_args()
    load = SteadyLoad(options.url, options.rate, options.kept)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, load.stop)
    await load.run()
    print(json.dumps(load.told()))


if __name__ == "__main__":
    asyncio.run(main())
