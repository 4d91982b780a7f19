# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An end of TLS on the probe, in the place of the one that stands in front of the edge in production."""

from __future__ import annotations

import asyncio
import os
import ssl
import tempfile
import threading
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from ...core.eyes.preview import Lead, relayed_head
from ..system.command import must, run

LOOPBACK = "127.0.0.1"
HEAD_LIMIT = 65536
STEP_SECONDS = 10.0
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
Way = tuple[str, int]
T = TypeVar("T")


@contextmanager
def tls_ends(targets: Mapping[Lead, Way]) -> Iterator[dict[Lead, Way]]:
    """Listen on a port of 127.0.0.1 for each lead and hand requests on to its target without TLS, until the block ends.

    The certificate is made for the occasion and is worth nothing: the browser has to be told to take any.
    Raises CommandError when openssl is not there or fails.
    """
    context = _context()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    servers: dict[Lead, asyncio.Server] = {}

    def done(step: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(step, loop).result(STEP_SECONDS)

    try:
        for lead, target in targets.items():
            servers[lead] = done(asyncio.start_server(_relay_to(target), LOOPBACK, 0, ssl=context, limit=HEAD_LIMIT))
        yield {lead: (LOOPBACK, int(server.sockets[0].getsockname()[1])) for lead, server in servers.items()}
    finally:
        done(_close(servers.values()))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(STEP_SECONDS)
        loop.close()


def _context() -> ssl.SSLContext:
    with tempfile.TemporaryDirectory(prefix="stagegate-tls-") as folder:
        key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "certificate.pem")
        argv = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", "1"]
        made = run([*argv, "-subj", "/CN=stagegate preview", "-keyout", key, "-out", certificate], timeout=30)
        must(made, "openssl cannot make a certificate", todo="install openssl on the probe")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
    return context


def _relay_to(target: Way) -> Any:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            try:
                answers, requests = await asyncio.open_connection(*target)
            except OSError:
                writer.write(BAD_GATEWAY)
                await writer.drain()
            else:
                requests.write(relayed_head(head))
                up = asyncio.ensure_future(_pour(reader, requests))
                # The answer's end is the end of the exchange; a browser keeps its side open and would be waited for in vain.
                await _pour(answers, writer)
                up.cancel()
                requests.close()
        writer.close()

    return serve


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while True:
            block = await source.read(65536)
            if not block:
                break
            sink.write(block)
            await sink.drain()


async def _close(servers: Iterable[asyncio.Server]) -> None:
    for server in servers:
        server.close()
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
