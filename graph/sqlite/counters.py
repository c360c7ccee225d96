"""Counters kept by differences in the transaction that changes what they count: stock, loads of containers, lots.

Stock of a container is kept with the container, direct children only: a pallet that changes hands writes nothing here, and
containers packed in a circle can't make an endless sum.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from typing import Any

from graph.project import Holding, StockKey, stock_of
from graph.sqlite.names import chunks

HOLDING = "gtin, lot, expiry, kind = 'lgtin', status, possessor, location, addressee, hold, remaining, container, loaded"


def as_holding(row: tuple[Any, ...]) -> Holding:
    """From the columns of `HOLDING`."""
    values = [*row[:3], bool(row[3]), *row[4:11], bool(row[11])]
    return Holding(*values)


def add(
    connection: sqlite3.Connection, table: str, key: tuple[str, ...], value: str, deltas: dict[Any, int], *, single: bool = False
) -> None:
    """Add to counters; those that reach zero vanish, so that a counter is a function of what it counts. `single`: the keys of
    `deltas` are bare values."""
    rows = [((k,) if single else k, d) for k, d in deltas.items() if d]
    if not rows:
        return
    names = ", ".join(key)
    connection.executemany(
        f"INSERT INTO {table} ({names}, {value}) VALUES ({', '.join('?' * len(key))}, ?) "
        f"ON CONFLICT ({names}) DO UPDATE SET {value} = {value} + excluded.{value}",
        [(*k, d) for k, d in rows],
    )
    gone = [k for k, d in rows if d < 0]
    if gone:
        where = " AND ".join(f"{name} = ?" for name in key)
        connection.executemany(f"DELETE FROM {table} WHERE {where} AND {value} = 0", gone)


def apply_loads(connection: sqlite3.Connection, before: dict[int, Holding], after: dict[int, Holding]) -> list[tuple[int, int]]:
    """Count children from what moved between containers, and set `loaded` of every unit that became, or no longer is, packaging.

    Completes `after` (units that are new get their true `loaded`) and both dictionaries by containers that are not in the
    batch but change sides; returns (loaded, id) for the rows of these.
    """
    deltas: dict[int, int] = defaultdict(int)
    for unit, held in after.items():
        old = before.get(unit)
        was, now = (int(old.container) if old else 0), int(held.container)
        if was != now:
            deltas[was] -= 1
            deltas[now] += 1
    deltas.pop(0, None)
    asked = list(deltas) + [unit for unit in after if unit not in before and unit not in deltas]
    loads: dict[int, int] = {}
    for marks, part in chunks(asked):
        loads.update(connection.execute(f"SELECT container, units FROM load WHERE container IN ({marks})", part).fetchall())
    add(connection, "load", ("container",), "units", deltas, single=True)
    outside: list[int] = []
    for unit in asked:
        count = loads.get(unit, 0)
        now_loaded = count + deltas.get(unit, 0) > 0
        if unit in after:
            after[unit] = after[unit]._replace(loaded=now_loaded)
        elif now_loaded != (count > 0):
            outside.append(unit)
    flips: list[tuple[int, int]] = []
    for marks, part in chunks(outside):
        for row in connection.execute(f"SELECT {HOLDING}, id FROM unit WHERE id IN ({marks})", part).fetchall():
            held, unit = as_holding(row), row[-1]
            before[unit], after[unit] = held, held._replace(loaded=not held.loaded)
            flips.append((int(not held.loaded), unit))
    return list(dict.fromkeys(flips))


def apply_stock(connection: sqlite3.Connection, before: dict[int, Holding], after: dict[int, Holding]) -> None:
    """Stock from the difference between units' holdings."""
    deltas: dict[StockKey, int] = defaultdict(int)
    lots: dict[tuple[str, str], int] = defaultdict(int)
    for unit, held in after.items():
        old = before.get(unit)
        if old == held:
            continue
        gone = stock_of(old) if old else None
        come = stock_of(held)
        if gone != come:
            if gone:
                deltas[gone[0]] -= gone[1]
            if come:
                deltas[come[0]] += come[1]
        if old is None or old.lot != held.lot:
            if old is not None:
                lots[old.gtin, old.lot] -= 1
            lots[held.gtin, held.lot] += 1
    key = ("container", "gtin", "lot", "expiry", "party", "location", "addressee", "state")
    add(connection, "stock", key, "quantity", deltas)
    add(connection, "lot", ("gtin", "lot"), "units", {k: d for k, d in lots.items() if k[0]})
