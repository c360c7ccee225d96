"""Writes events and what is indexed of them. An event that several documents carry stands once, as the earliest of them has it;
what any copy names (its units, its parties) leads to it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

import zstandard
from msgspec.structs import replace

from graph.eventfacts import EventFacts, event_facts
from graph.sqlite.blobs import pack, unpack
from graph.sqlite.names import Names, chunks
from pedigree.messages import DocumentMessage, StampedEvent
from pedigree.query.fields import Field

_COLUMNS = (
    "type", "action", "biz_step", "disposition", "time", "record_time", "party", "actor", "location", "read_point",
    "biz_location", "event_id", "partition", "offset", "seq", "json",
)  # fmt: skip
_INSERT = f"INSERT INTO event ({', '.join(_COLUMNS)}, id, key, declared) VALUES (?{', ?' * (len(_COLUMNS) + 2)})"
_UPDATE = f"UPDATE event SET {' = ?, '.join(_COLUMNS)} = ? WHERE id = ?"
_KNOWN = "SELECT key, declared, id, record_time, partition, offset, seq, json FROM event WHERE key IN (%s)"


class Books(NamedTuple):
    """The dictionaries of names."""

    units: Names[str]
    hashes: Names[bytes]
    fields: Names[str]


class Copy(NamedTuple):
    """An event as one document carries it."""

    stamped: StampedEvent
    message: DocumentMessage
    facts: EventFacts
    rank: tuple[int, int, int, int]
    """(record time, partition, offset, position): the lowest one is shown."""


class _Row:
    """An event's row: the one that is there, and the copy that will stand in it."""

    __slots__ = ("id", "rank", "shown", "stored")

    def __init__(self, id: int, rank: tuple[int, ...], stored: bytes | None) -> None:
        self.id, self.rank, self.stored = id, rank, stored
        self.shown: Copy | None = None


def write_events(
    connection: sqlite3.Connection, books: Books, compressor: zstandard.ZstdCompressor, copies: Sequence[Copy]
) -> None:
    """Inside a transaction."""
    if not copies:
        return
    keys = books.hashes.ids(copy.stamped.hash for copy in copies)
    ids = books.units.ids(_names(copies))
    rows: dict[tuple[int, int], _Row] = {}
    for marks, part in chunks([keys[copy.stamped.hash] for copy in copies]):
        for key, declared, id, *rank, json in connection.execute(_KNOWN % marks, part):
            rows[key, declared] = _Row(id, tuple(rank), json)
    following = (connection.execute("SELECT max(id) FROM event").fetchone()[0] or 0) + 1
    carried, named, parties = [], [], []
    for copy in copies:
        facts = copy.facts
        identity = keys[copy.stamped.hash], facts.declared
        row = rows.get(identity)
        if row is None:
            row = rows[identity] = _Row(following, copy.rank, None)
            row.shown, following = copy, following + 1
        elif copy.rank < row.rank:
            row.shown, row.rank = copy, copy.rank
        carried.append((*copy.rank[1:], row.id))
        named += [(ids[epc], facts.time, row.id, role) for role, epc in (*facts.named, *facts.serials)]
        parties += [(ids[party], facts.time, row.id) for party in facts.parties]
    changed = [(identity, row, row.shown) for identity, row in rows.items() if row.shown is not None]
    connection.executemany(
        _INSERT,
        [(*_values(shown, ids, compressor), row.id, *identity) for identity, row, shown in changed if row.stored is None],
    )
    later = [(*_values(shown, ids, compressor), row.id) for _, row, shown in changed if row.stored is not None]
    connection.executemany(_UPDATE, later)
    connection.executemany("INSERT INTO carried VALUES (?, ?, ?, ?)", carried)
    # In the order of their keys: neighbours share a page.
    connection.executemany("INSERT OR IGNORE INTO event_unit VALUES (?, ?, ?, ?)", sorted(named))
    connection.executemany("INSERT OR IGNORE INTO event_party VALUES (?, ?, ?)", sorted(parties))
    _fields(connection, books.fields, [(row, shown) for _, row, shown in changed])


def _names(copies: Sequence[Copy]) -> list[str]:
    names: list[str] = []
    for copy in copies:
        names += [key for _, key in (*copy.facts.named, *copy.facts.serials)]
        names += copy.facts.parties
        names += (copy.facts.read_point, copy.facts.biz_location)
    return [name for name in names if name]


def _values(copy: Copy, ids: dict[str, int], compressor: zstandard.ZstdCompressor) -> tuple[Any, ...]:
    f, m = copy.facts, copy.message
    return (
        f.type, f.action, f.biz_step, f.disposition, f.time, m.record_time, m.party, copy.stamped.actor, f.location,
        ids[f.read_point] if f.read_point else 0, ids[f.biz_location] if f.biz_location else 0, f.event_id, *copy.rank[1:],
        pack(copy.stamped.event, compressor),
    )  # fmt: skip


def _fields(connection: sqlite3.Connection, book: Names[str], changed: list[tuple[_Row, Copy]]) -> None:
    """Copies of one event may differ in what its hash does not cover (an eventID, a note): the shown one is indexed."""
    gone: list[tuple[Field, int, int]] = []
    come: list[tuple[Field, int, int]] = []
    for row, copy in changed:
        time = copy.facts.time
        if row.stored is not None:
            before = event_facts(replace(copy.stamped, event=unpack(row.stored)), copy.message)
            gone += [(field, time, row.id) for field in before.fields]
        come += [(field, time, row.id) for field in copy.facts.fields]
    names = book.ids(_name(field) for field, _, _ in (*gone, *come))
    delete = "DELETE FROM event_field WHERE (field, value, time, event) = (?, ?, ?, ?)"
    connection.executemany(delete, [(names[_name(f)], f.value.value, time, event) for f, time, event in gone])
    rows = sorted((names[_name(f)], f.value.value, time, event) for f, time, event in come)
    connection.executemany("INSERT OR IGNORE INTO event_field VALUES (?, ?, ?, ?)", rows)


_spelled: dict[tuple[str, str, str, str], str] = {}


def _name(field: Field) -> str:
    """How the dictionary of fields writes a name: kind, section, name, alias."""
    section, name, alias, (kind, _) = field
    key = (kind, section, name, alias)
    text = _spelled.get(key)
    if text is None:
        if len(_spelled) > 50_000:
            _spelled.clear()
        text = _spelled[key] = " ".join(key)
    return text
