"""Downwards: what is in a container, and where a lot is."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from graph.model import MAX_DEPTH, Child, Contents, Cursor, Effective, HolderCount, Level, LotUnit, Page, Recall
from graph.neo4j.paging import after, page
from graph.neo4j.rows import own_custody
from graph.neo4j.server import Tx
from graph.neo4j.units import Top, tops
from graph.neo4j.values import STATUS, unhex
from graph.project import effective
from pedigree.messages import END

_CHILDREN = """
MATCH (:Unit {epc: $epc})<-[p:PACKED_IN]-(c:Unit) WHERE p.t_to > $at AND p.t_from <= $at
WITH c, p, [p.t_to, p.t_from, id(c)] AS key WHERE $after IS NULL OR key > $after
WITH c, p, key ORDER BY key LIMIT $rows
RETURN c.epc, p.t_from, p.t_to, p.event, c.gtin, c.lot, c.expiry, c.verdict, coalesce(c.load, 0), key
"""
_LEVELS = f"""
MATCH (:Unit {{epc: $epc}}) (()<-[p:PACKED_IN WHERE p.t_to > $at AND p.t_from <= $at]-()){{1,{MAX_DEPTH}}} (c:Unit)
WITH DISTINCT size(p) AS depth, c
RETURN depth, count(*), sum(CASE WHEN c.gtin IS NOT NULL AND NOT c:Mentioned
  AND NOT EXISTS {{ (c)<-[q:PACKED_IN WHERE q.t_to > $at AND q.t_from <= $at]-() }} THEN 1 ELSE 0 END)
ORDER BY depth
"""
_DIRECT = """
MATCH (u:Unit {gtin: $gtin, lot: $lot}) WHERE u.container IS NULL AND NOT u:Mentioned
RETURN u.status, coalesce(u.possessor, ''), coalesce(u.location, ''), count(*)
"""
_INSIDE = """
MATCH (u:Unit {gtin: $gtin, lot: $lot}) WHERE u.container IS NOT NULL AND NOT u:Mentioned
RETURN u.container, u.status, count(*)
"""
_UNITS = """
MATCH (u:Unit {gtin: $gtin, lot: $lot}) WHERE NOT u:Mentioned AND ($after IS NULL OR id(u) > $after)
WITH u ORDER BY id(u) LIMIT $rows RETURN properties(u), [id(u)]
"""


def contents(tx: Tx, epc: str, at: int | None, cursor: Cursor | None, limit: int) -> Contents:
    moment = END - 1 if at is None else at
    start = after(cursor, int, int, int)
    rows = tx.rows(_CHILDREN, epc=epc, at=moment, after=start, rows=limit + 1)
    levels = [] if cursor else [Level(*row) for row in tx.rows(_LEVELS, epc=epc, at=moment)]
    return Contents(epc, at, page(rows, limit, _child), levels)


def _child(row: list[Any]) -> Child:
    epc, t_from, t_to, event, gtin, lot, expiry, verdict, children, _ = row
    return Child(epc, t_from, t_to, unhex(event), gtin or "", lot or "", expiry or "", verdict or "", children)


def recall(tx: Tx, gtin: str, lot: str, cursor: Cursor | None, limit: int) -> Recall:
    start = after(cursor, int)
    total = tx.one("MATCH (l:Lot {gtin: $gtin, lot: $lot}) RETURN l.units", gtin=gtin, lot=lot)
    holders = [] if cursor else _holders(tx, gtin, lot)
    rows = tx.rows(_UNITS, gtin=gtin, lot=lot, after=start[0] if start else None, rows=limit + 1)
    return Recall(gtin, lot, total or 0, holders, _lot_units(tx, rows, limit))


def _holders(tx: Tx, gtin: str, lot: str) -> list[HolderCount]:
    """Units are counted by container first, then the containers are climbed, not the units."""
    counts: dict[tuple[str, str, int], list[int]] = defaultdict(lambda: [0, 0])
    for status, party, location, n in tx.rows(_DIRECT, gtin=gtin, lot=lot):
        counts[party, location, STATUS.number(status)][0] += n
    inside = tx.rows(_INSIDE, gtin=gtin, lot=lot)
    above = tops(tx, (row[0] for row in inside))
    for container, status, n in inside:
        held = _through(Effective(STATUS.number(status), "", "", "", "", ""), above[container])
        entry = counts[held.party, held.location, held.status]
        entry[0] += n
        entry[1] += n
    rows = [HolderCount(*key, units, packed) for key, (units, packed) in counts.items()]
    return sorted(rows, key=lambda h: (-h.units, h.party, h.location, h.status))


def _through(own: Effective, top: Top) -> Effective:
    return effective(own, top.custody, top.via, top.depth)


def _lot_units(tx: Tx, rows: list[list[Any]], limit: int) -> Page[LotUnit]:
    above = tops(tx, (row[0]["container"] for row in rows if "container" in row[0]))

    def build(row: list[Any]) -> LotUnit:
        p, own = row[0], own_custody(row[0])
        custody = _through(own, above[p["container"]]) if "container" in p else own
        return LotUnit(p.get("epc", ""), p.get("verdict", ""), custody)

    return page(rows, limit, build)
