"""A connection to Neo4j that breaks where it hurts most: at the commit, before the server hears of it or after it has done it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

_COMMIT = bytes.fromhex("0002b0120000")
"""Bolt's COMMIT, as one chunk and the end of its message."""


class CuttingProxy:
    """Forwards bytes to a port of 127.0.0.1. Each of `cuts` breaks one commit: True after the server's answer came, which is kept
    back; False before the server got the request."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.cuts: list[bool] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            held = threading.Event()
            for source, sink, asks in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._forward, args=(source, sink, asks, held), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, asks: bool, held: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if not asks and held.is_set():
                    break  # the answer to a commit
                if asks and self.cuts and data.endswith(_COMMIT):
                    if not self.cuts.pop(0):
                        break
                    held.set()
                sink.sendall(data)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def cutting_proxy(target: int) -> Iterator[CuttingProxy]:
    proxy = CuttingProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
