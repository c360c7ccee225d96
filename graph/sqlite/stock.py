"""Stock and consumption from the counters. Packs in containers are found from the containers that a party holds, downwards, or
from a product's containers upwards; never pack by pack."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from graph.model import MAX_DEPTH, ConsumptionRow, Effective, StockRow
from graph.project import PACK, state_inside
from graph.sqlite.units import tops

Key = tuple[str, str, str, str, str, str]
"""(party, location, gtin, lot, expiry, addressee)."""
_STATES = ("usable", "held", "in_transit", "opened")
# Without statistics (`schema` says why) SQLite prefers the primary key to the index that fits better: so that one is named.
_DIRECT = "SELECT party, location, gtin, lot, expiry, addressee, state, quantity FROM stock %s WHERE container = 0"
# `loaded` = 1 is written out so that the small index of containers is used, not the packs'.
_DOWN = f"""
WITH RECURSIVE box (id, top, hold, depth) AS (
  SELECT id, id, hold, 1 FROM unit WHERE loaded = 1 AND container = 0 %s
  UNION ALL SELECT u.id, b.top, CASE b.hold WHEN '' THEN u.hold ELSE b.hold END, b.depth + 1
  FROM box b JOIN unit u ON u.container = b.id AND u.loaded = 1 WHERE b.depth < {MAX_DEPTH}
)
SELECT t.status, t.possessor, t.location, t.addressee, b.hold, s.gtin, s.lot, s.expiry, s.state, sum(s.quantity)
FROM box b JOIN unit t ON t.id = b.top JOIN stock s ON s.container = b.id %s GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
"""


def stock(connection: sqlite3.Connection, party: str | None, gtin: str | None) -> list[StockRow]:
    by_gtin = "" if gtin is None else "AND gtin = ?"
    product = () if gtin is None else (gtin,)
    holder = () if party is None else (party,)
    query = f"{_DIRECT % ''} {by_gtin}" if party is None else f"{_DIRECT % 'INDEXED BY stock_party'} AND party = ? {by_gtin}"
    direct = connection.execute(query, (*holder, *product)).fetchall()
    rows = [((p, place, g, lot, expiry, to), state, n) for p, place, g, lot, expiry, to, state, n in direct]
    if gtin is not None and party is None:
        rows += _upwards(connection, gtin)
    else:
        rows += _downwards(connection, "" if party is None else "AND possessor = ?", holder, by_gtin, product)
    return _rows(rows)


def incoming(connection: sqlite3.Connection, party: str, gtin: str | None) -> list[StockRow]:
    by_gtin = "" if gtin is None else "AND gtin = ?"
    product = () if gtin is None else (gtin,)
    direct_to = _DIRECT % "INDEXED BY stock_addressee"
    query = f"{direct_to} AND addressee <> '' AND addressee = ? AND state = 'in_transit' {by_gtin}"
    direct = connection.execute(query, (party, *product)).fetchall()
    rows = [((p, place, g, lot, expiry, to), state, n) for p, place, g, lot, expiry, to, state, n in direct]
    inside = _downwards(connection, "AND addressee <> '' AND addressee = ?", (party,), by_gtin, product)
    return _rows([*rows, *(row for row in inside if row[1] == "in_transit")])


def _downwards(
    connection: sqlite3.Connection, top: str, top_values: tuple[str, ...], by_gtin: str, product: tuple[str, ...]
) -> list[tuple[Key, str, int]]:
    found = []
    for status, party, place, to, hold, gtin, lot, expiry, state, n in connection.execute(
        _DOWN % (top, by_gtin.replace("gtin", "s.gtin")), (*top_values, *product)
    ):
        outside = Effective(status, party, "", place, to, hold)
        found.append(((party, place, gtin, lot, expiry, to), state_inside(state, outside), n))
    return found


def _upwards(connection: sqlite3.Connection, gtin: str) -> list[tuple[Key, str, int]]:
    query = "SELECT container, lot, expiry, state, quantity FROM stock WHERE gtin = ? AND container > 0"
    boxes = connection.execute(query, (gtin,)).fetchall()
    above = tops(connection, (row[0] for row in boxes))
    found = []
    for container, lot, expiry, state, n in boxes:
        top = above[container].custody
        if top is not None:  # a container that nobody has told us of is at no party
            key = (top.party, top.location, gtin, lot, expiry, top.addressee)
            found.append((key, state_inside(state, top), n))
    return found


def _rows(found: Iterable[tuple[Key, str, int]]) -> list[StockRow]:
    sums: dict[Key, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_STATES, 0))
    for key, state, quantity in found:
        if state:
            sums[key][state] += quantity
    rows = [
        StockRow(
            *key[:5],
            usable=states["usable"] / PACK,
            held=states["held"] / PACK,
            in_transit=states["in_transit"] / PACK,
            opened=states["opened"] / PACK,
            addressee=key[5],
        )
        for key, states in sums.items()
        if any(states.values())
    ]
    return sorted(rows, key=lambda r: (r.party, r.location, r.gtin, r.lot, r.expiry, r.addressee))


def consumption(
    connection: sqlite3.Connection, party: str, gtin: str | None, from_ms: int, to_ms: int, day_ms: int
) -> list[ConsumptionRow]:
    values: list[Any] = [party, from_ms - from_ms % day_ms, to_ms]
    query = "SELECT party, location, gtin, day, quantity FROM consumption WHERE party = ? AND day >= ? AND day < ?"
    if gtin is not None:
        query += " AND gtin = ?"
        values.append(gtin)
    rows = connection.execute(query + " ORDER BY gtin, location, day", values)
    return [ConsumptionRow(row[0], row[1], row[2], row[3], row[4] / PACK) for row in rows]
