"""Words and things that events use, and what master data says of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from graph.eventfacts import attribute_name
from graph.model import Cursor, MasterDataRow, Page, ValueKind
from graph.sqlite.names import chunks
from graph.sqlite.passport import custody_path
from graph.sqlite.timelimit import limited
from graph.sqlite.units import name_id
from pedigree.errors import CursorError
from pedigree.eventhash.values import canonical_text
from pedigree.query import Viewer

MAX_WITHIN = 5_000
"""Places that a place may have below it."""
_SEES = "EXISTS (SELECT 1 FROM event_party p WHERE p.party = ? AND p.time = {0}.time AND p.event = {0}.{1})"
# Along an index from one value to the next: as many steps as there are values.
_WORDS = """WITH RECURSIVE v (x) AS (SELECT min({0}) FROM event INDEXED BY {1} WHERE {0} <> {2} UNION ALL
  SELECT (SELECT min({0}) FROM event INDEXED BY {1} WHERE {0} > v.x AND {0} <> {2}) FROM v WHERE v.x IS NOT NULL)
SELECT {3} FROM v {4} WHERE v.x IS NOT NULL"""
_COLUMNS: dict[ValueKind, tuple[str, str]] = {
    "bizStep": ("biz_step", "event_step"),
    "disposition": ("disposition", "event_disposition"),
    "readPoint": ("read_point", "event_read_point"),
    "bizLocation": ("biz_location", "event_biz_location"),
}


def values(
    c: sqlite3.Connection, kind: ValueKind, viewer: Viewer | None, cursor: Cursor | None, limit: int
) -> Page[str]:
    if cursor is not None and (len(cursor) != 1 or not isinstance(cursor[0], str)):
        raise CursorError("this cursor does not belong to this list")
    behind = str(cursor[0]) if cursor is not None else ""
    party = [name_id(c, viewer.party)] if viewer is not None else []
    with limited(c):
        found = _epcs(c, party, behind, limit + 1) if kind == "epc" else _used(c, kind, party, behind, limit + 1)
    return Page(found[:limit], (found[limit - 1],) if len(found) > limit else None)


def _epcs(c: sqlite3.Connection, party: list[int], behind: str, most: int) -> list[str]:
    sees = "AND " + _SEES.format("x", "event") if party else ""
    named = f"EXISTS (SELECT 1 FROM event_unit x WHERE x.unit = e.id AND x.role <= 4 {sees})"
    # Names that begin with `*` stand for many.
    sql = f"SELECT e.epc FROM epc e WHERE e.epc > ? AND e.epc NOT GLOB '[*]*' AND {named} ORDER BY e.epc LIMIT ?"
    return [row[0] for row in c.execute(sql, (behind, *party, most))]


def _used(c: sqlite3.Connection, kind: ValueKind, party: list[int], behind: str, most: int) -> list[str]:
    column, index = _COLUMNS[kind]
    if kind in ("bizStep", "disposition"):
        sql = _WORDS.format(column, index, "''", "v.x", "") + " AND v.x > ? ORDER BY 1 LIMIT ?"
        return [row[0] for row in c.execute(sql, (behind, most))]
    sql = _WORDS.format(column, index, "0", "n.epc", "JOIN epc n ON n.id = v.x") + " AND n.epc > ?"
    if party:
        sees = _SEES.format("e", "id")
        sql += f" AND EXISTS (SELECT 1 FROM event e INDEXED BY {index} WHERE e.{column} = v.x AND e.{column} <> 0 AND {sees})"
    return [row[0] for row in c.execute(sql + " ORDER BY 1 LIMIT ?", (behind, *party, most))]


def held(c: sqlite3.Connection, party: str, epcs: Iterable[str]) -> list[str]:
    return [epc for epc in epcs if any(party in (step.party, step.owner) for step in custody_path(c, epc))]


def master_data(c: sqlite3.Connection, element: str) -> list[MasterDataRow]:
    sql = (
        "SELECT m.vocabulary, e.epc, m.attribute, m.value, m.party, m.record_time FROM master_data m "
        "JOIN epc e ON e.id = m.element WHERE e.epc = ? ORDER BY m.vocabulary, m.attribute"
    )
    return [MasterDataRow(*row) for row in c.execute(sql, (element,))]


def elements(c: sqlite3.Connection, attribute: str, values: Sequence[str] | None) -> list[str]:
    sql = "SELECT DISTINCT e.epc FROM master_data m JOIN epc e ON e.id = m.element WHERE m.attribute = ?"
    parameters: list[object] = [attribute_name(attribute)]
    if values is not None:
        sql += f" AND m.compared IN ({', '.join('?' * len(values))})"
        parameters += [canonical_text(value) for value in values]
    return [row[0] for row in c.execute(sql + " ORDER BY 1", parameters)]


def within(c: sqlite3.Connection, places: Iterable[str]) -> list[str]:
    found = dict.fromkeys(places)
    level = list(found)
    while level and len(found) <= MAX_WITHIN:
        below: list[str] = []
        for marks, part in chunks(level):
            sql = (
                "SELECT m.value FROM epc e JOIN master_data m ON m.element = e.id "
                f"WHERE m.attribute = 'children' AND e.epc IN ({marks})"
            )
            below += [child for row in c.execute(sql, part) for child in _children(row[0])]
        level = [child for child in dict.fromkeys(below) if child not in found]
        found.update(dict.fromkeys(level))
    return list(found)


def _children(text: str) -> list[str]:
    try:
        return msgspec.json.decode(text, type=list[str])
    except msgspec.MsgspecError:
        return []
