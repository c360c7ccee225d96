"""The graph in one SQLite file: transactions, progress, connections. What is read and written stands in the modules beside it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import zstandard

from graph.model import Receipt
from graph.sqlite import decisions, documents
from graph.sqlite.eventrows import Books
from graph.sqlite.names import Names
from graph.sqlite.queries import Queries
from graph.sqlite.schema import MIGRATIONS, TABLES
from pedigree.errors import GraphError
from pedigree.messages import Decisions, DocumentMessage
from storage import sqlite

_BATCH = 2_000
"""Unit decisions that are written together: statements are shared, memory stays small."""


class SqliteGraph(Queries):
    """`graph.port.Graph`. One writer at a time (methods lock, a second process waits for the file); any number of readers in any
    threads and processes, each on a snapshot. `readonly`: nothing is made or changed, the file must exist.

    A commit survives kill -9; a power cut may lose the last ones, progress included, so that the projector brings them again.
    """

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        super().__init__(path)
        self._lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        if readonly:
            with self.reading():  # says now, not at the first query, that the file is missing
                return
        writer = sqlite.open(path, MIGRATIONS, synchronous="NORMAL", cache_kib=64 * 1024)
        writer.execute("PRAGMA wal_autocheckpoint=4000")
        self._writer = writer
        self._units: Names[str] = Names(writer, "epc", "epc")
        self._hashes: Names[bytes] = Names(writer, "event_key", "hash")
        self._fields: Names[str] = Names(writer, "field", "name")
        self._names = (self._units, self._hashes, self._fields)
        self._compressor = zstandard.ZstdCompressor(level=3)
        self._version = -1

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if self._writer is None:
            raise GraphError(f"{self.path.name} is open for reading only")
        with self._lock:
            try:
                with sqlite.transaction(self._writer, what=self.path.name) as connection:
                    version = connection.execute("PRAGMA data_version").fetchone()[0]  # changes when another process has written
                    for names in self._names:
                        names.begin(fresh=version != self._version)
                    self._version = version
                    yield connection
            except BaseException:
                self._version = -1
                raise

    def apply_documents(self, partition: int, first_offset: int, messages: Sequence[DocumentMessage]) -> None:
        source = f"documents/{partition}"
        with self._writing() as connection:
            following, _ = _progress(connection, source)
            if first_offset > following:
                raise GraphError(f"{source}: offset {following} is next, not {first_offset}: records are missing")
            rows = [(first_offset + i, message) for i, message in enumerate(messages) if first_offset + i >= following]
            if rows:
                documents.write(connection, Books(*self._names), self._compressor, partition, rows)
                _advance(connection, source, rows[-1][0] + 1, b"")

    def apply_decisions(self, messages: Sequence[tuple[Decisions, bytes]]) -> int:
        heads: dict[str, tuple[int, bytes]] = {}
        pending: dict[str, decisions.Item] = {}
        moved: set[str] = set()
        taken = 0
        with self._writing() as connection:
            for message, digest in messages:
                source = f"decisions/{message.generation}/{message.partition}"
                if source not in heads:
                    heads[source] = _progress(connection, source)
                following, head = heads[source]
                continues = message.previous == head if following else not any(message.previous)
                if message.number != following or not continues:
                    continue
                heads[source] = (following + 1, digest)
                taken += 1
                moved.add(source)
                if len(pending) >= _BATCH or any(unit.unit in pending for unit in message.units):
                    self._flush(connection, pending)
                pending.update((unit.unit, (unit, message)) for unit in message.units)
                if message.undecidable:
                    _undecidable(connection, message)
            self._flush(connection, pending)
            for source in moved:
                _advance(connection, source, *heads[source])
        return taken

    def _flush(self, connection: sqlite3.Connection, pending: dict[str, decisions.Item]) -> None:
        if pending:
            decisions.write(connection, self._units, self._hashes, list(pending.values()))
            pending.clear()

    def apply_receipts(self, generation: int, partition: int, receipts: Sequence[Receipt]) -> int:
        source = f"ledger/{generation}/{partition}"
        taken = 0
        with self._writing() as connection:
            following, _ = _progress(connection, source)
            for receipt in receipts:
                if receipt.first > following:
                    break
                if receipt.first == following:
                    r = receipt
                    row = (generation, partition, r.first, r.last, r.batch, r.committed_ms, r.size)
                    connection.execute("INSERT INTO receipt VALUES (?, ?, ?, ?, ?, ?, ?)", row)
                    following = receipt.last + 1
                    taken += 1
            if taken:
                _advance(connection, source, following, b"")
        return taken

    def clear(self) -> None:
        with self._writing() as connection:
            for table in TABLES:
                connection.execute(f"DELETE FROM {table}")
            for names in self._names:
                names.begin(fresh=True)

    def close(self) -> None:
        super().close()
        with self._lock:
            if self._writer is not None:
                self._writer.close()
                self._writer = None


def _progress(connection: sqlite3.Connection, source: str) -> tuple[int, bytes]:
    row = connection.execute("SELECT next, head FROM progress WHERE source = ?", (source,)).fetchone()
    return (row[0], row[1]) if row else (0, b"")


def _advance(connection: sqlite3.Connection, source: str, following: int, head: bytes) -> None:
    connection.execute("INSERT OR REPLACE INTO progress VALUES (?, ?, ?)", (source, following, head))


def _undecidable(connection: sqlite3.Connection, m: Decisions) -> None:
    connection.executemany(
        "INSERT INTO undecidable VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(m.generation, m.partition, m.number, i, offset, raw, why) for i, (offset, raw, why) in enumerate(m.undecidable)],
    )
