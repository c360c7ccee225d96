"""Connections for reading: a pool, so that every thread has its own while it reads, and each read sees one snapshot."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pedigree.errors import LedgerError
from storage import sqlite


class Readers:
    """A pool of read-only connections to one file. A `reading` inside another of the same thread sees the same snapshot."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._idle: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        self._mine = threading.local()
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a read transaction. LedgerError after `close`."""
        pinned: sqlite3.Connection | None = getattr(self._mine, "connection", None)
        if pinned is not None:
            with sqlite.translated(self.path.name):
                yield pinned
            return
        connection = self._take()
        whole = False
        try:
            with sqlite.transaction(connection, "DEFERRED", self.path.name):
                self._mine.connection = connection
                yield connection
            whole = True
        finally:
            self._mine.connection = None
            with self._guard:
                if self._closed or not whole:
                    connection.close()
                else:
                    self._idle.append(connection)

    def _take(self) -> sqlite3.Connection:
        with self._guard:
            if self._closed:
                raise LedgerError(f"{self.path.name} is closed")
            if self._idle:
                return self._idle.pop()
        return sqlite.open(self.path, read_only=True)

    def close(self) -> None:
        """Connections in use are closed when their read ends."""
        with self._guard:
            self._closed = True
            while self._idle:
                self._idle.pop().close()
