"""Random edits of rows in the files of a line, as a hand with an SQLite shell makes them."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DumpRow = tuple[str, tuple[object, ...], tuple[object, ...]]
FILES = {"custody": "custody.sqlite", "ledger": "ledger.sqlite", "graph": "graph.sqlite"}
SAYS_NOTHING = {("custody", "unit", "id"), ("graph", "epc", "id"), ("graph", "event_key", "id")}
"""Numbers of rows that nothing but the file itself knows: another number that leads to the same is no other content. Where
other rows lead to it, those are edited."""


@dataclass(frozen=True)
class Edit:
    """`column` '' = the row is deleted. `row`: as it was, by columns."""

    store: str
    table: str
    column: str
    row: dict[str, Any]
    sql: str
    values: tuple[Any, ...]

    def make(self, folder: Path) -> None:
        with closing(sqlite3.connect(folder / FILES[self.store], isolation_level=None)) as db:
            assert db.execute(self.sql, self.values).rowcount == 1

    def __str__(self) -> str:
        return f"{self.store}.{self.table}.{self.column or '(deleted)'} of {self.row}"[:400]


def pick(rng: random.Random, folder: Path, store: str) -> Edit:
    """One edit that the file takes."""
    with closing(sqlite3.connect(folder / FILES[store], isolation_level=None)) as db:
        made = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
        tables = [name for (name,) in db.execute(made)]
        while True:
            table = rng.choice(tables)
            count = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            if not count:
                continue
            info = db.execute(f"PRAGMA table_info({table})").fetchall()
            names, keys = [c[1] for c in info], [c[1] for c in info if c[5]]
            where = " AND ".join(f"{key} = ?" for key in keys)
            found = db.execute(
                f"SELECT * FROM {table} ORDER BY {', '.join(keys)} LIMIT 1 OFFSET ?", (rng.randrange(count),)
            ).fetchone()
            row = dict(zip(names, found, strict=True))
            place = tuple(row[key] for key in keys)
            if rng.random() < 0.25:
                return Edit(store, table, "", row, f"DELETE FROM {table} WHERE {where}", place)
            column = rng.choice(names)
            if (store, table, column) in SAYS_NOTHING:
                continue
            sql, values = f"UPDATE {table} SET {column} = ? WHERE {where}", (_other(rng, row[column]), *place)
            try:
                db.execute("BEGIN")
                db.execute(sql, values)
            except sqlite3.IntegrityError:
                continue  # another row has this key
            finally:
                db.execute("ROLLBACK")
            return Edit(store, table, column, row, sql, values)


def _other(rng: random.Random, value: Any) -> Any:
    if isinstance(value, int):
        return value + rng.randrange(1, 10_000)
    if isinstance(value, float):
        return value + 1.5
    if isinstance(value, str):
        return value + rng.choice("x0 ") if not value or rng.random() < 0.5 else value[:-1] + chr(ord(value[-1]) + 1)
    at = rng.randrange(len(value)) if value else 0
    return bytes([*value[:at], value[at] ^ (1 << rng.randrange(8)), *value[at + 1 :]]) if value else b"x"
