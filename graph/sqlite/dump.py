"""Every row in a canonical order and without row ids: what `medtrace check` compares.

A reference to a name or an event is written out; one that leads nowhere shows as '?', so that an edited id can't pass for none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from graph.port import DumpRow
from graph.sqlite.blobs import unpack
from pedigree.errors import GraphError


class Spec(NamedTuple):
    """Columns of a table. `x@epc`, `x@hash`, `x@event`, `x@field` are references; the first key column leads the order."""

    key: str
    values: str = ""
    blob: bool = False
    """The last column is packed."""


SPECS: dict[str, Spec] = {
    "unit": Spec(
        "id@epc",
        "kind gtin serial lot generation partition number n number0 n0 key acc content loaded status possessor owner location "
        "addressee container@epc remaining hold chain verdict marks shown_lot expiry since",
    ),
    "stay": Spec("unit@epc t_from ord", "t_to status party owner location addressee event@hash inferred"),
    "packed": Spec("child@epc t_from ord", "t_to container@epc event@hash"),
    "verdict": Spec(
        "unit@epc event@hash kind source@epc declared",
        "step biz_step time place record_time actor location outcome applies proof attested party",
    ),
    "finding": Spec("unit@epc event@hash kind source@epc declared ord", "code severity evidence record_time party"),
    "sale": Spec("unit@epc event@hash", "time part party location applies counted"),
    "lot": Spec("gtin lot", "units"),
    "load": Spec("container@epc", "units"),
    "stock": Spec("container@epc gtin lot expiry party location addressee state", "quantity"),
    "consumption": Spec("party gtin day location", "quantity"),
    "document": Spec(
        "partition offset", "capture party record_time registry rules content_type digest seal context", blob=True
    ),
    "event": Spec(
        "key@hash declared",
        "type action biz_step disposition time record_time party actor location read_point@epc biz_location@epc event_id "
        "partition offset seq json",
        blob=True,
    ),
    "carried": Spec("partition offset seq", "event@event"),
    "event_unit": Spec("unit@epc time event@event role"),
    "event_field": Spec("field@field value time event@event"),
    "event_party": Spec("party@epc time event@event"),
    "master_data": Spec("element@epc vocabulary attribute", "value compared party record_time partition offset"),
    "undecidable": Spec("generation partition number ord", "offset raw reason"),
    "receipt": Spec("generation partition first", "last batch committed_ms size"),
    "progress": Spec("source", "next head"),
}


_BOOKS = {"epc": ("epc", "epc"), "hash": ("event_key", "hash"), "field": ("field", "name")}


def _column(name: str) -> str:
    column, _, kind = name.partition("@")
    if kind == "epc":
        return f"coalesce((SELECT epc FROM epc WHERE id = r.{column}), CASE r.{column} WHEN 0 THEN '' ELSE '?' END)"
    if kind == "field":
        return f"coalesce((SELECT name FROM field WHERE id = r.{column}), '?')"
    if kind == "hash":
        return f"coalesce((SELECT hash FROM event_key WHERE id = r.{column}), x'')"
    if kind == "event":
        both = "SELECT hex(k.hash) || '/' || x.declared FROM event x JOIN event_key k ON k.id = x.key"
        return f"coalesce(({both} WHERE x.id = r.{column}), '?')"
    return f"r.{column}"


def _statements(table: str, spec: Spec) -> Iterator[str]:
    """Along the dictionary's own index, so that large tables stream; then rows whose name is not in it."""
    names = spec.key.split()
    selected = ", ".join(_column(name) for name in [*names, *spec.values.split()])
    places = ", ".join(str(i + 1) for i in range(len(names)))
    column, _, kind = names[0].partition("@")
    if kind and table != "stock":  # stock's container may be none
        book, name = _BOOKS[kind]
        rest = selected.removeprefix(_column(names[0]))
        yield f"SELECT d.{name}{rest} FROM {book} d CROSS JOIN {table} r ON r.{column} = d.id ORDER BY d.{name}{places[1:]}"
        yield f"SELECT {selected} FROM {table} r WHERE r.{column} NOT IN (SELECT id FROM {book}) ORDER BY r.{column}"
    else:
        yield f"SELECT {selected} FROM {table} r ORDER BY {places}"


def table_rows(connection: sqlite3.Connection, table: str) -> Iterator[tuple[object, ...]]:
    """Key and values of every row of a table, by key."""
    spec = SPECS.get(table)
    if spec is None:
        raise GraphError(f"the dump has no table {table[:40]}; it has {', '.join(SPECS)}")
    for statement in _statements(table, spec):
        for row in connection.execute(statement):
            yield (*row[:-1], unpack(row[-1])) if spec.blob else row


def dump(connection: sqlite3.Connection) -> Iterator[DumpRow]:
    """All tables."""
    for table, spec in SPECS.items():
        width = len(spec.key.split())
        for row in table_rows(connection, table):
            yield table, row[:width], row[width:]
