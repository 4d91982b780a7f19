"""Double-submit CSRF protection, with the token bound to the session.

A writing request must repeat the readable cookie `csrf_token` in the header `X-CSRF-Token`.
Inside a session the token must also be the one that was made for that session,
so a cookie planted by a neighbouring host name is refused.
"""

import hashlib
import hmac

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.sessions import COOKIE as SESSION_COOKIE

COOKIE = "csrf_token"
HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
EXEMPT_PATHS = frozenset({"/api/auth/login", "/api/vitals"})  # no session yet; anonymous beacon


def csrf_token(secret_key: str, session_token: str) -> str:
    """The CSRF token that belongs to a session."""
    return hmac.new(secret_key.encode(), session_token.encode(), hashlib.sha256).hexdigest()


def _refusal(connection: HTTPConnection, secret_key: str) -> str | None:
    """Why a writing request is refused, or None."""
    cookie = connection.cookies.get(COOKIE, "").encode()
    header = connection.headers.get(HEADER, "").encode()
    if not cookie or not header:
        return "CSRF token missing"
    if not hmac.compare_digest(cookie, header):
        return "CSRF token does not match"
    session = connection.cookies.get(SESSION_COOKIE)
    if session and not hmac.compare_digest(header, csrf_token(secret_key, session).encode()):
        return "CSRF token belongs to another session"
    return None


class CsrfMiddleware:
    """Answer 403 to a writing API request that cannot show its token."""

    def __init__(self, app: ASGIApp, secret_key: str) -> None:
        self.app = app
        self.secret_key = secret_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let reading requests and the two exempt paths pass."""
        guarded = (
            scope["type"] == "http"
            and scope["method"] not in SAFE_METHODS
            and scope["path"].startswith("/api/")
            and scope["path"] not in EXEMPT_PATHS
        )
        refusal = _refusal(HTTPConnection(scope), self.secret_key) if guarded else None
        if refusal:
            await JSONResponse({"detail": refusal}, 403)(scope, receive, send)
        else:
            await self.app(scope, receive, send)
