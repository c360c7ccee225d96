"""World state as a table: the contract's port inside one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from ledger.embedded.schema import BROKEN, state_sum


class _Count(msgspec.Struct, array_like=True):
    """The first field of a unit's state."""

    n: int


_count = msgspec.msgpack.Decoder(_Count).decode


class World:
    """`pedigree.ports.KeyValue` of one commit; remembers what was read, for the rows beside the world state."""

    def __init__(self, connection: sqlite3.Connection, member: str) -> None:
        self._connection = connection
        self._member = member
        self._edited: set[str] = set()
        self.read: dict[str, bytes] = {}

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        for key in sorted(keys):  # along the B-tree
            row = self._connection.execute("SELECT value, sum FROM state WHERE key = ?", (key,)).fetchone()
            if row is not None:
                self.read[key] = row[0]
                if row[1] != state_sum(key, row[0]):
                    self._edited.add(key)
        return [self.read.get(key) for key in keys]

    def put_many(self, items: Iterable[tuple[str, bytes]]) -> None:
        self._connection.executemany(
            "INSERT INTO state VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, sum = excluded.sum",
            [(key, value, BROKEN if key in self._edited else state_sum(key, value)) for key, value in sorted(items)],
        )

    def caller(self) -> str:
        return self._member

    def emit(self, name: str, payload: bytes) -> None:
        """The batch row is the event: it is written from the receipt that the contract returns."""

    def leaves_before(self, key: str) -> int:
        """A unit's leaf count before this commit."""
        return _count(self.read[key]).n if key in self.read else 0
