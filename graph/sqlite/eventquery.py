"""EPCIS queries: which side table leads, what is checked on the way, and how pages follow each other.

One condition leads: rows come from its index in the order of the answer, so that a page costs what a page holds. The others are
looked up for each of these rows; what would be too broad to look up is asked of the event itself (`pedigree.query.matches`).
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterator
from itertools import groupby

import msgspec

from graph.model import Cursor, EventRow, Page
from graph.sqlite.blobs import unpack
from graph.sqlite.eventplan import Plan, Stream, plan
from graph.sqlite.events import EVENT, as_event
from graph.sqlite.names import chunks
from graph.sqlite.paging import Row, after
from graph.sqlite.timelimit import limited
from pedigree.errors import CursorError, DocumentError
from pedigree.query import EventQuery, FieldName, Viewer, matches, subject

_decode = msgspec.json.Decoder(dict[str, object]).decode
_sort_key = msgspec.msgpack.Decoder().decode
Found = tuple[object, int]
"""(sort key, event id)"""


def query_events(
    connection: sqlite3.Connection, query: EventQuery, viewer: Viewer | None, cursor: Cursor | None, limit: int
) -> Page[EventRow]:
    with limited(connection):
        made = plan(connection, query, viewer)
        found: list[Found] = []
        for one in _walk(connection, query, made, cursor):
            found.append(one)
            if len(found) > limit:
                break
        items = _rows(connection, [id for _, id in found[:limit]])
    last = found[limit - 1] if len(found) > limit else None
    return Page(items, None if last is None else _cursor(query, last))


def count_events(connection: sqlite3.Connection, query: EventQuery, viewer: Viewer | None, most: int) -> int:
    """How many there are, counted up to `most`."""
    with limited(connection):
        number = 0
        for _ in _walk(connection, query, plan(connection, query, viewer), None):
            number += 1
            if number >= most:
                break
        return number


def _walk(connection: sqlite3.Connection, query: EventQuery, made: Plan, cursor: Cursor | None) -> Iterator[Found]:
    """Everything that matches behind the cursor, in order, each event once."""
    if made.nothing:
        return
    if isinstance(query.order_by, FieldName):
        ordered = _by_field(connection, query, made, cursor)
    else:
        streams = [_stream(connection, query, made, stream, cursor) for stream in made.streams]
        merged = heapq.merge(*streams, reverse=query.descending) if len(streams) > 1 else streams[0]
        ordered = (found for found, _ in groupby(merged))
    for found in ordered:
        if not made.ask_event or _fits(connection, query, found[1]):
            yield found


def _stream(
    connection: sqlite3.Connection, query: EventQuery, made: Plan, stream: Stream, cursor: Cursor | None
) -> Iterator[Found]:
    """(time, id) along one index."""
    by_record = query.order_by == "recordTime"
    keys = ("e.record_time", "e.id") if by_record else (stream.time, stream.event)
    behind, values = after(", ".join(keys), cursor, descending=query.descending)
    conditions, parameters = [behind, *stream.where], [*values, *stream.parameters]
    times = query.record_time if by_record else query.event_time
    for bound, mark in ((times.ge, ">="), (times.lt, "<")):
        if bound is not None:
            conditions.append(f"{keys[0]} {mark} ?")
            parameters.append(bound)
    order = ", ".join(f"{key} {'DESC' if query.descending else 'ASC'}" for key in keys)
    sql = f"SELECT {keys[0]}, {keys[1]} FROM {stream.source} WHERE {' AND '.join([*conditions, *made.where])} ORDER BY {order}"
    return connection.execute(sql, [*parameters, *made.parameters])


def _by_field(connection: sqlite3.Connection, query: EventQuery, made: Plan, cursor: Cursor | None) -> Iterator[Found]:
    """Sorted by the greatest value of a field; events without one come last either way."""
    missing = "-9e999" if query.descending else "x''"
    having, parameters = "1", list[object]()
    if cursor is not None:
        if len(cursor) != 2 or not isinstance(cursor[0], bytes) or type(cursor[1]) is not int:
            raise CursorError("this cursor does not belong to this list")
        try:
            key = _sort_key(cursor[0])
        except msgspec.MsgspecError as wrong:
            raise CursorError("this cursor does not belong to this list") from wrong
        if not isinstance(key, (int, float, str, bytes)):
            raise CursorError("this cursor does not belong to this list")
        parameters = [key, cursor[1]]
        having = f"(v, id) {'<' if query.descending else '>'} (?, ?)"
    conditions, bounds = list(made.where), list[object](made.parameters)
    for column, span in (("e.time", query.event_time), ("e.record_time", query.record_time)):
        for bound, mark in ((span.ge, ">="), (span.lt, "<")):
            if bound is not None:
                conditions.append(f"{column} {mark} ?")
                bounds.append(bound)
    streams = " UNION ".join(
        f"SELECT e.id FROM {s.source} WHERE {' AND '.join([*s.where, '1'])}" for s in made.streams if not s.whole
    )
    if streams:
        conditions.append(f"e.id IN ({streams})")
        bounds += [value for stream in made.streams for value in stream.parameters]
    # Gathered once: looked up event by event, the field's values would be searched again and again.
    names = ", ".join(map(str, made.order_fields)) or "-1"
    gathered = f"SELECT event, max(value) AS top FROM event_field WHERE field IN ({names}) GROUP BY event"
    direction = "DESC" if query.descending else "ASC"
    sql = (
        f"SELECT v, id FROM (SELECT coalesce(g.top, {missing}) AS v, e.id AS id FROM event e LEFT JOIN ({gathered}) g "
        f"ON g.event = e.id WHERE {' AND '.join(conditions) or '1'}) WHERE {having} ORDER BY v {direction}, id {direction}"
    )
    return connection.execute(sql, [*bounds, *parameters])


def _rows(connection: sqlite3.Connection, ids: list[int]) -> list[EventRow]:
    rows: dict[int, Row] = {}
    for marks, part in chunks(ids):
        rows.update((row[-1], row) for row in connection.execute(f"{EVENT} WHERE e.id IN ({marks})", part))
    return [as_event(rows[id]) for id in ids]


def _fits(connection: sqlite3.Connection, query: EventQuery, id: int) -> bool:
    row = connection.execute(
        "SELECT e.json, k.hash, e.record_time FROM event e JOIN event_key k ON k.id = e.key WHERE e.id = ?", (id,)
    ).fetchone()
    try:
        return matches(subject(_decode(unpack(row[0])), row[1], row[2]), query)
    except (msgspec.MsgspecError, DocumentError):
        return False


def _cursor(query: EventQuery, last: Found) -> Cursor:
    key, id = last
    if isinstance(query.order_by, FieldName):
        return (msgspec.msgpack.encode(key), id)
    assert isinstance(key, int)
    return (key, id)
