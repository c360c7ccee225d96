"""Connections for reading: a pool, so that every thread has its own while it reads, and each read sees one snapshot."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pedigree.errors import GraphError
from storage import sqlite


class Readers:
    """A pool of read-only connections to one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._idle: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a read transaction. GraphError after `close`."""
        with self._guard:
            if self._closed:
                raise GraphError(f"{self.path.name} is closed")
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = sqlite.open(self.path, read_only=True, cache_kib=4_096)
        whole = False
        try:
            with sqlite.transaction(connection, "DEFERRED", self.path.name):
                yield connection
            whole = True
        finally:
            with self._guard:
                if self._closed or not whole:
                    connection.close()
                else:
                    self._idle.append(connection)

    def close(self) -> None:
        """Connections in use are closed when their read ends."""
        with self._guard:
            self._closed = True
            while self._idle:
                self._idle.pop().close()
