"""Downwards: what is in a container, and where a lot is."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from typing import Any

from graph.model import MAX_DEPTH, Child, Contents, Cursor, Effective, HolderCount, Level, LotUnit, Page, Recall
from graph.project import effective
from graph.sqlite.paging import Row, after, page
from graph.sqlite.units import Top, name_id, tops
from pedigree.messages import END

_CHILD = (
    "SELECT e.epc, p.t_from, p.t_to, k.hash, coalesce(u.gtin, ''), coalesce(u.lot, ''), coalesce(u.expiry, ''), "
    "coalesce(u.verdict, ''), coalesce(l.units, 0), p.t_to, p.t_from, p.child "
    "FROM packed p JOIN epc e ON e.id = p.child JOIN event_key k ON k.id = p.event LEFT JOIN unit u ON u.id = p.child "
    "LEFT JOIN load l ON l.container = p.child WHERE p.container = ? AND p.t_to > ? AND p.t_from <= ? AND %s "
    "ORDER BY p.t_to, p.t_from, p.child LIMIT ?"
)
_LEVELS = f"""
WITH RECURSIVE inside (id, depth) AS (
  SELECT child, 1 FROM packed WHERE container = ?1 AND t_to > ?2 AND t_from <= ?2
  UNION SELECT p.child, i.depth + 1 FROM inside i JOIN packed p ON p.container = i.id AND p.t_to > ?2 AND p.t_from <= ?2
  WHERE i.depth < {MAX_DEPTH}
)
SELECT depth, count(*), sum(EXISTS (SELECT 1 FROM unit u WHERE u.id = inside.id AND u.gtin <> '')
  AND NOT EXISTS (SELECT 1 FROM packed q WHERE q.container = inside.id AND q.t_to > ?2 AND q.t_from <= ?2))
FROM inside GROUP BY depth ORDER BY depth
"""
_LOT = "FROM unit u WHERE u.gtin = ? AND u.lot = ?"


def contents(connection: sqlite3.Connection, epc: str, at: int | None, cursor: Cursor | None, limit: int) -> Contents:
    container = name_id(connection, epc)
    moment = END - 1 if at is None else at
    where, values = after("p.t_to, p.t_from, p.child", cursor)
    rows = connection.execute(_CHILD % where, (container, moment, moment, *values, limit + 1)).fetchall()
    levels = [] if cursor else [Level(*row) for row in connection.execute(_LEVELS, (container, moment))]
    return Contents(epc, at, page(rows, limit, 3, lambda row: Child(*row[:9])), levels)


def recall(connection: sqlite3.Connection, gtin: str, lot: str, cursor: Cursor | None, limit: int) -> Recall:
    total = connection.execute("SELECT units FROM lot WHERE gtin = ? AND lot = ?", (gtin, lot)).fetchone()
    holders = [] if cursor else _holders(connection, gtin, lot)
    return Recall(gtin, lot, total[0] if total else 0, holders, _lot_units(connection, gtin, lot, cursor, limit))


def _holders(connection: sqlite3.Connection, gtin: str, lot: str) -> list[HolderCount]:
    """Units are counted by container first, then the containers are climbed, not the units."""
    counts: dict[tuple[str, str, int], list[int]] = defaultdict(lambda: [0, 0])
    query = f"SELECT u.container, u.status, u.possessor, u.location, count(*) {_LOT} AND u.container = 0 GROUP BY 2, 3, 4"
    for _, status, party, location, n in connection.execute(query, (gtin, lot)):
        counts[party, location, status][0] += n
    query = f"SELECT u.container, u.status, count(*) {_LOT} AND u.container > 0 GROUP BY 1, 2"
    inside = connection.execute(query, (gtin, lot)).fetchall()
    above = tops(connection, (row[0] for row in inside))
    for container, status, n in inside:
        held = _through(Effective(status, "", "", "", "", ""), above[container])
        entry = counts[held.party, held.location, held.status]
        entry[0] += n
        entry[1] += n
    rows = [HolderCount(*key, units, packed) for key, (units, packed) in counts.items()]
    return sorted(rows, key=lambda h: (-h.units, h.party, h.location, h.status))


def _through(own: Effective, top: Top) -> Effective:
    return effective(own, top.custody, top.via, top.depth)


def _lot_units(connection: sqlite3.Connection, gtin: str, lot: str, cursor: Cursor | None, limit: int) -> Page[LotUnit]:
    where, values = after("u.id", cursor)
    rows: list[tuple[Any, ...]] = connection.execute(
        "SELECT e.epc, u.verdict, u.status, u.possessor, u.owner, u.location, u.addressee, u.hold, u.container, u.id "
        "FROM unit u JOIN epc e ON e.id = u.id "
        f"WHERE u.gtin = ? AND u.lot = ? AND {where} ORDER BY u.id LIMIT ?",
        (gtin, lot, *values, limit + 1),
    ).fetchall()
    above = tops(connection, (row[8] for row in rows if row[8]))

    def build(row: Row) -> LotUnit:
        own = Effective(*row[2:8])
        return LotUnit(row[0], row[1], _through(own, above[row[8]]) if row[8] else own)

    return page(rows, limit, 1, build)
