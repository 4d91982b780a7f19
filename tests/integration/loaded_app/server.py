"""Says which release it is. `/slow?s=`, `/hold` until `/let-go`, `/crash`, WebSocket echo at `/ws`; the environment says in which way
it is bad.

VARIANT: good, unhealthy (its health is 503), deaf (does not end on SIGTERM). A good one ends at once and cuts what is under way.
KEEP_ALIVE_SECONDS: how long a connection may be idle, as every real server has a limit; most have 5.
"""

import asyncio
import base64
import hashlib
import os
import signal
import time

RELEASE = os.environ.get("RELEASE", "none")
VARIANT = os.environ.get("VARIANT", "good")
KEEP_ALIVE_SECONDS = float(os.environ.get("KEEP_ALIVE_SECONDS", "5"))
LET_GO = asyncio.Event()
WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection, request after request."""
    try:
        while True:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), KEEP_ALIVE_SECONDS)
            line, *rest = head.decode("latin-1").split("\r\n")
            headers = {name.strip().lower(): value.strip() for name, _, value in (item.partition(":") for item in rest if item)}
            await reader.readexactly(int(headers.get("content-length", 0)))
            path = line.split()[1]
            if headers.get("upgrade", "").lower() == "websocket":
                await echo(reader, writer, headers["sec-websocket-key"])
                return
            await answer(writer, path)
            if headers.get("connection", "").lower() == "close":
                return
    except (asyncio.IncompleteReadError, asyncio.TimeoutError, ConnectionError):
        pass
    finally:
        writer.close()


async def answer(writer: asyncio.StreamWriter, path: str) -> None:
    """One answer: the release."""
    if path.startswith("/slow?s="):
        await asyncio.sleep(float(path.partition("=")[2]))
    if path == "/hold":
        await LET_GO.wait()
    if path == "/let-go":
        LET_GO.set()
    if path == "/crash":
        os._exit(1)
    status = "503 Service Unavailable" if path == "/health" and VARIANT == "unhealthy" else "200 OK"
    writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(RELEASE)}\r\n\r\n{RELEASE}".encode())
    await writer.drain()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str) -> None:
    """Answers each short masked text frame with the release and the text."""
    accept = base64.b64encode(hashlib.sha1((key + WEBSOCKET_GUID).encode()).digest()).decode()
    said = f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    writer.write(said.encode())
    while True:
        length = (await reader.readexactly(2))[1] & 127
        mask = await reader.readexactly(4)
        text = bytes(byte ^ mask[place % 4] for place, byte in enumerate(await reader.readexactly(length)))
        reply = RELEASE.encode() + b" " + text
        writer.write(bytes([0x81, len(reply)]) + reply)
        await writer.drain()


async def main() -> None:
    """Serve until told to end."""
    time.sleep(float(os.environ.get("BOOT_SECONDS", "0")))
    server = await asyncio.start_server(serve, "0.0.0.0", int(os.environ.get("PORT", "8000")), backlog=512)
    print(f"release {RELEASE} is up", flush=True)
    await server.serve_forever()


signal.signal(signal.SIGTERM, signal.SIG_IGN if VARIANT == "deaf" else lambda *_: os._exit(0))
asyncio.run(main())
