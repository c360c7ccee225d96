"""The dictionaries of the store: names of units and hashes of events -> small ints. Used by the one writer only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", str, bytes)
V = TypeVar("V")
CHUNK = 500
_CACHED = 200_000


def chunks(values: list[V]) -> Iterator[tuple[str, list[V]]]:
    """(`?,?,...`, values) for `IN`, few distinct lengths so that statements stay prepared: short ones are filled up with the
    first value again."""
    for start in range(0, len(values), CHUNK):
        part = values[start : start + CHUNK]
        size = next(size for size in (1, 8, 64, CHUNK) if size >= len(part))
        yield ",".join("?" * size), part + [part[0]] * (size - len(part))


class Names(Generic[K]):
    """One dictionary table `(id, <column>)`. Ids are given in order of first mention."""

    def __init__(self, connection: sqlite3.Connection, table: str, column: str) -> None:
        self._connection = connection
        self._table, self._column = table, column
        self._known: dict[K, int] = {}

    def begin(self, *, fresh: bool) -> None:
        """A transaction starts. `fresh`: somebody else has written, or one was rolled back: what is remembered may not be in
        the file."""
        if fresh:
            self._known.clear()
        elif len(self._known) > _CACHED:
            self._known = dict(list(self._known.items())[-_CACHED // 4 :])

    def ids(self, names: Iterable[K]) -> dict[K, int]:
        """Ids of all `names` (and maybe others), new ones given to those that have none. Inside a transaction only."""
        known = self._known
        missing = [name for name in dict.fromkeys(names) if name not in known]
        if not missing:
            return known
        for marks, part in chunks(missing):
            rows = self._connection.execute(
                f"SELECT {self._column}, id FROM {self._table} WHERE {self._column} IN ({marks})", part
            )
            known.update(rows.fetchall())
        fresh = [name for name in missing if name not in known]
        if fresh:
            start = (self._connection.execute(f"SELECT max(id) FROM {self._table}").fetchone()[0] or 0) + 1
            rows_ = [(start + i, name) for i, name in enumerate(fresh)]
            self._connection.executemany(f"INSERT INTO {self._table} (id, {self._column}) VALUES (?, ?)", rows_)
            known.update({name: i for i, name in rows_})
        return known
