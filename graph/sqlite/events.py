"""Events as captured, and how far they are decided."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from graph.model import Counts, Cursor, EventRow, Page, VerdictCounts
from graph.sqlite.blobs import unpack
from graph.sqlite.names import chunks
from graph.sqlite.paging import Row, after, page
from graph.sqlite.units import name_id
from pedigree.custody.steps import Kind

EVENT = (
    "SELECT k.hash, e.declared, e.type, e.action, e.biz_step, e.disposition, e.time, e.record_time, e.party, e.actor, "
    "e.location, d.capture, e.offset, e.partition, e.seq, e.json, e.time, e.id FROM event e JOIN event_key k ON k.id = e.key "
    "JOIN document d ON d.partition = e.partition AND d.offset = e.offset "
)
# Along the unit's own rows, newest first, each event once whatever roles it has for the unit.
_OF_UNIT = (
    "JOIN event_unit x ON x.event = e.id AND NOT EXISTS (SELECT 1 FROM event_unit y "
    "WHERE y.unit = x.unit AND y.time = x.time AND y.event = x.event AND y.role < x.role) WHERE x.unit = ?"
)
_OWN = (Kind.EVENT, Kind.DECLARATION)


def as_event(row: Row) -> EventRow:
    values = [*row[:15], unpack(row[15])]
    return EventRow(*values)


def event(connection: sqlite3.Connection, hash: bytes, declared: int) -> EventRow | None:
    row = connection.execute(EVENT + "WHERE k.hash = ? AND e.declared = ?", (hash, declared)).fetchone()
    return as_event(row) if row else None


def find_events(
    connection: sqlite3.Connection,
    epc: str,
    biz_step: str,
    from_ms: int | None,
    to_ms: int | None,
    cursor: Cursor | None,
    limit: int,
) -> Page[EventRow]:
    key = ("x.time", "x.event") if epc else ("e.time", "e.id")
    where, values = after(", ".join(key), cursor, descending=True)
    conditions, bounds = [where], list[object](values)
    for condition, value in ((f"{key[0]} >= ?", from_ms), (f"{key[0]} < ?", to_ms), ("+e.biz_step = ?", biz_step or None)):
        if value is not None:
            conditions.append(condition if epc else condition.lstrip("+"))
            bounds.append(value)
    source = f"{EVENT} {_OF_UNIT} AND" if epc else f"{EVENT} WHERE"
    query = f"{source} {' AND '.join(conditions)} ORDER BY {key[0]} DESC, {key[1]} DESC LIMIT ?"
    unit = [name_id(connection, epc)] if epc else []
    return page(connection.execute(query, [*unit, *bounds, limit + 1]).fetchall(), limit, 2, as_event)


def verdict_counts(connection: sqlite3.Connection, capture: str | Sequence[bytes]) -> VerdictCounts:
    keys: dict[int, int] = {}
    if isinstance(capture, str):
        query = (
            "SELECT e.key FROM document d JOIN carried c ON c.partition = d.partition AND c.offset = d.offset "
            "JOIN event e ON e.id = c.event WHERE d.capture = ?"
        )
        carried = [row[0] for row in connection.execute(query, (capture,))]
    else:
        carried = []
        for marks, part in chunks(list(dict.fromkeys(capture))):
            query = f"SELECT DISTINCT k.id FROM event_key k JOIN event e ON e.key = k.id WHERE k.hash IN ({marks})"
            carried += [row[0] for row in connection.execute(query, part)]
    outcomes: dict[str, int] = {}
    edges: dict[str, int] = {}
    findings: dict[str, int] = {}
    for marks, some in chunks(list(dict.fromkeys(carried))):
        query = f"SELECT event, kind, outcome, count(*) FROM verdict WHERE event IN ({marks}) GROUP BY 1, 2, 3"
        for key, kind, outcome, n in connection.execute(query, some):
            keys[key] = 1
            counts = outcomes if kind in _OWN else edges
            counts[outcome] = counts.get(outcome, 0) + n
        query = (
            "SELECT f.code, count(*) FROM verdict v JOIN finding f ON f.unit = v.unit AND f.event = v.event AND f.kind = v.kind "
            f"AND f.source = v.source AND f.declared = v.declared WHERE v.event IN ({marks}) GROUP BY 1"
        )
        for code, n in connection.execute(query, some):
            findings[code] = findings.get(code, 0) + n
    return VerdictCounts(len(carried), sum(1 for key in carried if key in keys), outcomes, edges, findings)


def counts(connection: sqlite3.Connection) -> Counts:
    def number(table: str) -> int:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    return Counts(
        units=number("unit"),
        events=number("event"),
        documents=number("document"),
        undecidable=number("undecidable"),
        verdicts=dict(connection.execute("SELECT outcome, count(*) FROM verdict GROUP BY 1 ORDER BY 1").fetchall()),
        findings=dict(connection.execute("SELECT code, count(*) FROM finding GROUP BY 1 ORDER BY 1").fetchall()),
        anchored={
            source.removeprefix("ledger/"): following
            for source, following in connection.execute("SELECT source, next FROM progress WHERE source LIKE 'ledger/%'")
        },
    )
