#!/usr/bin/env python3
"""A tiny application with the shape of the real one, and a broken twin. Standard library only.

usage: tiny_app.py PORT [good|broken] [name of the container that plays the database]

The broken twin throws in the console, lacks an asset, overflows on phones, hides its label, traps the keyboard, takes forged
requests and shows a stack trace.
"""

import json
import secrets
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PASSWORD = "tiny-secret-4711"
STYLE = (
    "body{font:16px sans-serif;margin:0;color:#222;background:#fff}main,nav{padding:1rem}"
    "input,button{font:inherit;padding:.6rem;display:block;margin:.4rem 0}a{color:#0645ad;margin-right:1rem}"
)
LINKS = "".join(f"<a href='/{page}'>{page.capitalize()}</a>" for page in ("dashboard", "profiles", "performance"))
NAV = f"<nav aria-label='Main'>{LINKS}</nav>"
FORM = (
    "<form id=f><label for=email>Email</label><input id=email name=email type=email>"
    "<label for=password>Password</label><input id=password name=password type=password>"
    "<button>Sign in</button><p role=status id=said></p></form>"
)
PROFILE_FORM = "<form id=p><label for=full_name>Full name</label><input id=full_name><button>Save profile</button></form>"
SCRIPT = """
const csrf = () => (document.cookie.match(/csrf_token=([^;]+)/) || [])[1] || '';
const send = (method, path, body) => fetch(path, {method, headers: {'Content-Type': 'application/json', 'X-CSRF-Token': csrf()},
  body: body && JSON.stringify(body)});
const on = (id, event, todo) => document.getElementById(id)?.addEventListener(event, e => { e.preventDefault(); todo(); });
const value = id => document.getElementById(id).value;
on('f', 'submit', async () => {
  const answer = await send('POST', '/api/auth/login', {email: value('email'), password: value('password')});
  if (answer.ok) location.assign('/dashboard');
  else document.getElementById('said').textContent
    = answer.status === 503 ? 'The service is not available' : 'Wrong email or password';
});
on('p', 'submit', async () => {
  const made = await (await send('POST', '/api/profiles', {full_name: value('full_name')})).json();
  location.assign('/profiles/' + made.id);
});
on('delete', 'click', () => { document.getElementById('sure').hidden = false; });
on('confirm', 'click', async () => { await send('DELETE', '/api' + location.pathname); location.assign('/profiles'); });
"""
BROKEN = (
    "<script>console.error('broken twin: ' + 'something is undefined')</script><script src='/missing.js'></script>"
    "<div style='width:900px;height:2px'></div><img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>"
    "<input aria-label=trap onkeydown=\"if(event.key==='Tab')event.preventDefault()\">"
)


SESSIONS: "dict[str, str]" = {}
PROFILES: "dict[str, str]" = {}


class TinyApp(BaseHTTPRequestHandler):
    """Login with session and CSRF cookie, profiles in memory."""

    broken = False
    database = ""
    protocol_version = "HTTP/1.1"

    def cookies(self):
        pairs = [pair.strip().partition("=") for pair in self.headers.get("Cookie", "").split(";")]
        return {name: value for name, _, value in pairs}

    def answer(self, status, body, kind="application/json", cookies=()):
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        for cookie in cookies:
            self.send_header("Set-Cookie", cookie)
        self.end_headers()
        self.wfile.write(raw)

    def page(self, title, body, status=200):
        extra = BROKEN if self.broken else ""
        head = f"<title>{title}</title><meta name=viewport content='width=device-width, initial-scale=1'><style>{STYLE}</style>"
        text = f"<!doctype html><html lang=en><head>{head}<link rel=icon href='data:,'></head>"
        text += f"<body>{NAV}<main><h1>{title}</h1>{body}{extra}</main><script>{SCRIPT}</script></body></html>"
        self.answer(status, text, "text/html; charset=utf-8")

    def database_up(self):
        if not self.database:
            return True
        asked = ["docker", "inspect", "-f", "{{.State.Running}}", self.database]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() == "true"

    def session(self):
        return SESSIONS.get(self.cookies().get("session", ""))

    def do_GET(self):
        if self.path == "/stop":
            threading.Thread(target=self.server.shutdown).start()
            return self.answer(200, {})
        if self.path == "/health/ready":
            return self.answer(200 if self.database_up() else 503, {"database": self.database_up()})
        if self.path == "/api/diagnostics/error":
            text = 'Traceback (most recent call last):\n  File "app.py"' if self.broken else '{"detail": "Internal error"}'
            return self.answer(500, text)
        if self.path.startswith("/api/"):
            if self.path == "/api/profiles":
                return self.answer(200 if self.session() or self.broken else 401, list(PROFILES))
            return self.answer(404, {"detail": "Not found"})
        return self.html()

    def html(self):
        if self.path == "/login":
            return self.page("Sign in", FORM)
        if self.path == "/profiles/new":
            return self.page("New profile", PROFILE_FORM)
        if self.path in ("/dashboard", "/performance", "/profiles"):
            more = "<a href='/profiles/new'>New profile</a>" if self.path == "/profiles" else "<p>Everything is fine.</p>"
            return self.page(self.path[1:].capitalize(), more)
        name = PROFILES.get(self.path.rpartition("/")[2])
        if self.path.startswith("/profiles/") and name:
            sure = "<div id=sure role=alertdialog aria-label='Delete' hidden><button id=confirm>Yes, delete</button></div>"
            return self.page(name, f"<button id=delete>Delete profile</button>{sure}")
        return self.page("Page not found", "<p>There is nothing here.</p>", 404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}"
        given = json.loads(body)
        if not self.database_up():
            return self.answer(503, {"detail": "The database is not available"})
        if self.path == "/api/auth/login":
            if given.get("password") != PASSWORD:
                return self.answer(401, {"detail": "Wrong email or password"})
            session, token = secrets.token_hex(8), secrets.token_hex(8)
            SESSIONS[session] = token
            return self.answer(
                200, {"email": given["email"]}, cookies=[f"session={session}; HttpOnly; Path=/", f"csrf_token={token}; Path=/"]
            )
        if not self.allowed():
            return None
        if self.path == "/api/auth/logout":
            return self.answer(204, "")
        number = str(len(PROFILES) + 1)
        PROFILES[number] = str(given.get("full_name"))
        return self.answer(201, {"id": number})

    def do_DELETE(self):
        if not self.allowed():
            return None
        PROFILES.pop(self.path.rpartition("/")[2], None)
        return self.answer(204, "")

    def allowed(self):
        if self.broken:
            return True
        if not self.session():
            return self.answer(401, {"detail": "Sign in first"})
        if self.headers.get("X-CSRF-Token") != self.session():
            return self.answer(403, {"detail": "CSRF token missing or wrong"})
        return True

    def log_message(self, *_):
        """Quiet."""


def main():
    TinyApp.broken = sys.argv[2:3] == ["broken"]
    TinyApp.database = (sys.argv[3:4] or [""])[0]
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), TinyApp).serve_forever()


if __name__ == "__main__":
    main()
