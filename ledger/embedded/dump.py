"""Every derived row in a canonical order: what `medtrace check` compares with a ledger that took the same batches again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from ledger.port import DumpRow

TABLES = {
    "state": ("key", "value"),
    "batch": ("generation, partition, idx", "record, root, agreed, tree"),
    "dispute": ("generation, partition, batch, unit, n", "word"),
    "node": ("generation, partition, level, idx", "hash"),
    "position": ("unit, n", "generation, partition, batch, idx"),
}


def dump(connection: sqlite3.Connection) -> Iterator[DumpRow]:
    for table, (key, values) in TABLES.items():
        width = key.count(",") + 1
        for row in connection.execute(f"SELECT {key}, {values} FROM {table} ORDER BY {key}"):
            yield table, row[:width], row[width:]
