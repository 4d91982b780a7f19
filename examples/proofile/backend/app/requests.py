"""Around every request: an id, one log line, and a clean 500 when the code fails."""

import logging
import re
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-ID"
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
log = logging.getLogger("app.request")


def request_id(scope: Scope) -> str:
    """The caller's id where it is well-formed, else a new one."""
    given = Headers(scope=scope).get(HEADER, "")
    return given if WELL_FORMED.fullmatch(given) else secrets.token_hex(8)


class RequestMiddleware:
    """Log what happened; a stack trace goes to the log and never to the client."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request and write its line."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        identity, started, status = request_id(scope), time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = identity
            await send(message)

        failure: Exception | None = None
        try:
            await self.app(scope, receive, send_with_id)
        except Exception as error:  # noqa: BLE001 - the last place where a fault can still become clean JSON
            failure = error
            if not status:
                answer = JSONResponse({"detail": "Internal server error", "request_id": identity}, 500)
                await answer(scope, receive, send_with_id)
        log.log(
            _level(scope["path"], 500 if failure else status),
            "request failed" if failure else "request",
            exc_info=failure,
            extra={
                "request_id": identity,
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "duration_ms": round((time.perf_counter() - started) * 1000, 1),
            },
        )


def _level(path: str, status: int) -> int:
    """Server errors are errors; the healthcheck's own lines are only for debugging."""
    if status >= 500:
        return logging.ERROR
    return logging.DEBUG if path.startswith("/health") else logging.INFO
