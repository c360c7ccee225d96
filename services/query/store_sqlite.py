"""The store of named queries and subscriptions in one SQLite file."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path
from typing import Any

import msgspec

from services.query.store import NamedQuery, Position, Progress, Subscription
from storage import sqlite
from storage.sqlite import transaction, translated

_SCHEMA = """
CREATE TABLE query (
    party TEXT, name TEXT, body BLOB NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (party, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE subscription (
    id TEXT PRIMARY KEY, party TEXT NOT NULL, query TEXT NOT NULL, created INTEGER NOT NULL, subscription BLOB NOT NULL,
    position BLOB NOT NULL, ran INTEGER NOT NULL, sent INTEGER NOT NULL, failures INTEGER NOT NULL, error TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX subscription_of_query ON subscription (party, query, created, id);
"""
_encode = msgspec.msgpack.encode
_subscription = msgspec.msgpack.Decoder(Subscription).decode
_position = msgspec.msgpack.Decoder(Position).decode
_COLUMNS = "subscription, position, ran, sent, failures, error"


class SqliteQueryStore:
    """Implements `services.query.store.QueryStore`. A commit survives a power cut: who subscribed was told so."""

    def __init__(self, path: Path | str) -> None:
        self._name = Path(path).name
        self._lock = threading.Lock()
        self._db = sqlite.open(path, [_SCHEMA])
        self._leader = Path(f"{path}.leader")
        self._leading = -1

    def add_query(self, query: NamedQuery) -> bool:
        with self._lock, transaction(self._db, what=self._name) as c:
            row = (query.party, query.name, query.body, query.created)
            return c.execute("INSERT OR IGNORE INTO query VALUES (?, ?, ?, ?)", row).rowcount == 1

    def query(self, party: str, name: str) -> NamedQuery | None:
        rows = self._rows("SELECT party, name, body, created FROM query WHERE party = ? AND name = ?", party, name)
        return NamedQuery(*rows[0]) if rows else None

    def queries(self, party: str, behind: str, limit: int) -> list[NamedQuery]:
        sql = "SELECT party, name, body, created FROM query WHERE party = ? AND name > ? ORDER BY name LIMIT ?"
        return [NamedQuery(*row) for row in self._rows(sql, party, behind, limit)]

    def remove_query(self, party: str, name: str) -> bool:
        with self._lock, transaction(self._db, what=self._name) as c:
            c.execute("DELETE FROM subscription WHERE party = ? AND query = ?", (party, name))
            return c.execute("DELETE FROM query WHERE party = ? AND name = ?", (party, name)).rowcount == 1

    def subscribe(self, subscription: Subscription, start: Position) -> None:
        s = subscription
        with self._lock, transaction(self._db, what=self._name) as c:
            row = (s.id, s.party, s.query, s.created, _encode(s), _encode(start), s.created)
            c.execute("INSERT INTO subscription VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, '')", row)

    def subscription(self, id: str) -> tuple[Subscription, Progress] | None:
        rows = self._rows(f"SELECT {_COLUMNS} FROM subscription WHERE id = ?", id)
        return _built(rows[0]) if rows else None

    def subscriptions(self, party: str, query: str) -> list[tuple[Subscription, Progress]]:
        sql = f"SELECT {_COLUMNS} FROM subscription WHERE party = ? AND query = ? ORDER BY created, id"
        return [_built(row) for row in self._rows(sql, party, query)]

    def all_subscriptions(self) -> list[Subscription]:
        return [_subscription(row[0]) for row in self._rows("SELECT subscription FROM subscription ORDER BY id")]

    def unsubscribe(self, id: str) -> bool:
        with self._lock, transaction(self._db, what=self._name) as c:
            return c.execute("DELETE FROM subscription WHERE id = ?", (id,)).rowcount == 1

    def advance(self, id: str, position: Position, *, sent: int = 0, ran: int | None = None) -> None:
        with self._lock, transaction(self._db, what=self._name) as c:
            c.execute(
                "UPDATE subscription SET position = ?, ran = coalesce(?, ran), sent = sent + ?, failures = 0, error = '' "
                "WHERE id = ?",
                (_encode(position), ran, sent, id),
            )

    def failed(self, id: str, error: str) -> None:
        with self._lock, transaction(self._db, what=self._name) as c:
            c.execute("UPDATE subscription SET failures = failures + 1, error = ? WHERE id = ?", (error[:500], id))

    def lead(self) -> bool:
        # The kernel drops the lock when the process dies, however it dies.
        with self._lock:
            if self._leading >= 0:
                return True
            file = os.open(self._leader, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                return False
            self._leading = file
            return True

    def close(self) -> None:
        with self._lock:
            self._db.close()
            if self._leading >= 0:
                os.close(self._leading)
                self._leading = -1

    def _rows(self, sql: str, *values: object) -> list[Any]:
        with self._lock, translated(self._name):
            return self._db.execute(sql, values).fetchall()


def _built(row: Any) -> tuple[Subscription, Progress]:
    return _subscription(row[0]), Progress(_position(row[1]), *row[2:])
