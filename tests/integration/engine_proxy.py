"""A socket that stands before the engine's own, and can go away and come back as an engine that is restarted."""

from __future__ import annotations

import contextlib
import os
import socket
import threading

ENGINE = "/var/run/docker.sock"


class EngineProxy:
    """Passes every connection on to the engine, while it is there."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._listener: socket.socket | None = None

    def come(self) -> None:
        """Listen."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path)
        listener.listen(64)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def go(self) -> None:
        """Refuse from now on."""
        if self._listener is not None:
            os.unlink(self.path)
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                caller, _where = listener.accept()
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(ENGINE)
            threading.Thread(target=_join, args=(caller, engine), daemon=True).start()


def _join(caller: socket.socket, engine: socket.socket) -> None:
    """Pass on what both say, until both have ended."""
    with caller, engine:
        back = threading.Thread(target=_pump, args=(engine, caller), daemon=True)
        back.start()
        _pump(caller, engine)
        back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            data = source.recv(65536)
            if not data:
                break
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
        source.shutdown(socket.SHUT_RD)
