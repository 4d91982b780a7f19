"""Says which release it is; its health is what the build said."""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = os.environ["RELEASE"].encode()
        self.send_response(int(os.environ["STATUS"]) if self.path == "/health" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("web is up", flush=True)
ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
