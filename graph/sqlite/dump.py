"""Every row in a canonical order and without row ids: what `medtrace check` compares.

A reference to a name or an event is written out; one that leads nowhere shows as '?', so that an edited id can't pass for none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from graph.dumpspec import SPECS, Spec
from graph.port import DumpRow
from graph.sqlite.blobs import unpack
from pedigree.errors import GraphError

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
