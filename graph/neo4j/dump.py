"""Every row in a canonical order, column for column as `graph.sqlite.dump` gives it: `medtrace check` compares the two stores'
graphs with the same code. Tables of units are read unit by unit in pages, so that a large graph streams.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from graph.dumpspec import SPECS
from graph.neo4j import dumprows as shape
from graph.neo4j.dumprows import Row
from graph.neo4j.fields import PARTY, SERIALS
from graph.neo4j.server import Server
from graph.neo4j.values import ROLE, Props, unhex
from graph.port import DumpRow
from pedigree.errors import GraphError

_PAGE = 500
_UNITS = "MATCH (u:Unit) WHERE u.epc > $after WITH u ORDER BY u.epc LIMIT $rows RETURN u.epc, %s"
_EVENTS = """
MATCH (e:Event) WHERE e.hash > $after WITH DISTINCT e.hash AS hash ORDER BY hash LIMIT $rows
RETURN hash, COLLECT { MATCH (e:Event {hash: hash}) RETURN properties(e) }
"""
_DOCUMENTS = """
MATCH (d:Document {partition: $partition}) WHERE d.offset > $after WITH d ORDER BY d.offset LIMIT $rows
RETURN d.offset, properties(d), COLLECT { MATCH (d)-[c:CARRIED]->(e:Event) RETURN [c.seq, e.hash, e.declared] }
"""
_FIELDS = """
MATCH (f:Field {section: $section, name: $name}) WHERE f.value %s $after AND f.kind = $kind AND coalesce(f.alias, '') = $alias
WITH DISTINCT f.value AS value ORDER BY value LIMIT $rows
RETURN value, COLLECT {
  MATCH (f:Field {section: $section, name: $name, value: value})<-[:SAYS]-(e:Event)
  WHERE f.kind = $kind AND coalesce(f.alias, '') = $alias RETURN [f.time, e.hash, e.declared] }
"""
_JUDGED = """COLLECT { MATCH (u)-[:JUDGED]->(v:Verdict)
  RETURN [properties(v), [(v)-[:FOUND]->(f:Finding) | properties(f)], v:Questioned] }"""


class OfUnits(NamedTuple):
    """A table that belongs to units: what is returned of each, and its rows."""

    returned: str
    rows: Callable[[str, list[Any]], Iterator[Row]]


class Small(NamedTuple):
    """A table that is sorted here."""

    label: str
    row: Callable[[Props], Row]


def _plain(names: str, numbers: str = "") -> Callable[[Props], Row]:
    return lambda p: (*shape.texts(p, *names.split()), *shape.numbers(p, *numbers.split()))


_OF_UNITS: dict[str, OfUnits] = {
    "unit": OfUnits("properties(u), u:Mentioned, u:Container", shape.unit),
    "stay": OfUnits("COLLECT { MATCH (u)-[:HAD]->(s:Stay) RETURN properties(s) }", shape.stay),
    "packed": OfUnits("COLLECT { MATCH (u)-[p:PACKED_IN]->(c:Unit) RETURN [properties(p), c.epc] }", shape.packed),
    "verdict": OfUnits(_JUDGED, shape.verdict),
    "finding": OfUnits(_JUDGED, shape.finding),
    "sale": OfUnits("COLLECT { MATCH (u)-[:DISPENSED]->(s:Sale) RETURN properties(s) }", shape.sale),
    "load": OfUnits("u.load", shape.load),
    "event_unit": OfUnits(
        "COLLECT { MATCH (u)<-[n:NAMES]-(e:Event) RETURN [e.time, e.hash, e.declared, n.role] }", shape.named
    ),
}
_SMALL: dict[str, Small] = {
    "lot": Small("Lot", _plain("gtin lot", "units")),
    "stock": Small("Stock", _plain("container gtin lot expiry party location addressee state", "quantity")),
    "consumption": Small(
        "Consumption", lambda p: (*shape.texts(p, "party", "gtin"), p.get("day", 0), p.get("location", ""), p.get("quantity", 0))
    ),
    "master_data": Small("MasterData", shape.master_data),
    "undecidable": Small(
        "Undecidable",
        lambda p: (*shape.numbers(p, "generation", "partition", "number", "ord", "offset"), bytes(p["raw"]), p.get("reason", "")),
    ),
    "receipt": Small("Receipt", _plain("", "generation partition first last batch committed_ms size")),
    "progress": Small("Progress", lambda p: (p.get("source", ""), p.get("next", 0), unhex(p.get("head")))),
}
KEYS = {table: len(spec.key.split()) for table, spec in SPECS.items()}
"""Every table, in the order of the dump, with how many columns make its key."""


def table_rows(server: Server, table: str) -> Iterator[Row]:
    """Key and values of every row of a table, by key."""
    if table not in KEYS:
        raise GraphError(f"the dump has no table {table[:40]}; it has {', '.join(KEYS)}")
    width = KEYS[table]
    if table in _SMALL:
        label, row = _SMALL[table]
        yield from sorted(map(row, _all(server, label)), key=lambda row: _order(row[:width]))
    elif table == "event_field":
        yield from _fields(server)
    elif table == "event_party":
        for party, time, hash, declared, _ in _said(server, PARTY, ""):
            yield party, time, shape.event_key(hash, declared)
    elif table in _OF_UNITS:
        if table == "event_unit":  # the names of whole GTINs: they come first, since they begin with `*`
            yield from _serials(server)
        returned, rows = _OF_UNITS[table]
        for epc, *found in _pages(server, _UNITS % returned, ""):
            yield from sorted(rows(epc, found), key=lambda row: _order(row[:width]))
    elif table == "event":
        for _, found in _pages(server, _EVENTS, ""):
            yield from sorted(map(shape.event, found), key=lambda row: row[:width])
    else:
        yield from _documents(server, table)


def _all(server: Server, label: str) -> list[Props]:
    return [row[0] for row in server.read(lambda tx: tx.rows(f"MATCH (n:{label}) RETURN properties(n)"))]


def _pages(server: Server, query: str, after: str | int, **values: int) -> Iterator[list[Any]]:
    """Rows of a query whose first column it is paged by."""
    while True:
        rows = server.read(lambda tx, after=after: tx.rows(query, after=after, rows=_PAGE, **values))  # type: ignore[misc]
        yield from rows
        if len(rows) < _PAGE:
            return
        after = rows[-1][0]


def _said(server: Server, section: str, name: str, kind: str = "s", alias: str = "") -> Iterator[Row]:
    """(value, time, hash, declared, name) of every field of one name, in order; values are of one type."""
    values = {"section": section, "name": name, "kind": kind, "alias": alias}
    after: Any = "" if kind == "s" else -math.inf
    first = True
    while True:
        query = _FIELDS % (">=" if first else ">")
        rows = server.read(lambda tx, q=query, after=after: tx.rows(q, after=after, rows=_PAGE, **values))  # type: ignore[misc]
        for value, found in rows:
            named = ((value, time, hash, declared, name) for time, hash, declared in found)
            yield from sorted(named, key=lambda row: (row[1], shape.event_key(*row[2:4])))
        if len(rows) < _PAGE:
            return
        after, first = rows[-1][0], False


def _fields(server: Server) -> Iterator[Row]:
    found = server.read(lambda tx: tx.rows("MATCH (f:Field) RETURN DISTINCT f.kind, f.section, f.name, coalesce(f.alias, '')"))
    names = {" ".join(map(str, row)): row for row in found if row[1] not in (PARTY, SERIALS)}
    for spelled, (kind, section, name, alias) in sorted(names.items(), key=lambda item: item[0].encode()):
        for value, time, hash, declared, _ in _said(server, section, name, kind, alias):
            yield spelled, value, time, shape.event_key(hash, declared)


def _serials(server: Server) -> Iterator[Row]:
    roles = server.read(lambda tx: tx.rows("MATCH (f:Field {section: $s}) RETURN DISTINCT f.name", s=SERIALS))
    each = (_said(server, SERIALS, row[0]) for row in roles)
    merged = heapq.merge(*each, key=lambda row: (*row[:2], shape.event_key(*row[2:4]), ROLE.number(row[4])))
    for value, time, hash, declared, role in merged:
        yield value, time, shape.event_key(hash, declared), ROLE.number(role)


def _documents(server: Server, table: str) -> Iterator[Row]:
    partitions = server.read(lambda tx: tx.rows("MATCH (d:Document) RETURN DISTINCT d.partition"))
    for partition in sorted(row[0] for row in partitions):
        for offset, p, carried in _pages(server, _DOCUMENTS, -1, partition=partition):
            if table == "document":
                yield shape.document(p)
            else:
                yield from ((partition, offset, seq, shape.event_key(*event)) for seq, *event in sorted(carried))


def _order(key: Row) -> Row:
    """As SQLite orders: text by its UTF-8 bytes."""
    return tuple(part.encode() if isinstance(part, str) else part for part in key)


def dump(server: Server) -> Iterator[DumpRow]:
    """All tables."""
    for table, width in KEYS.items():
        for row in table_rows(server, table):
            yield table, row[:width], row[width:]
