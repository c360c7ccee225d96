"""Writes captured documents, what their headers say, and (in `eventrows`) their events."""

from __future__ import annotations

import sqlite3

import msgspec
import zstandard

from graph.eventfacts import attribute_text, event_facts, master_data
from graph.sqlite.blobs import pack
from graph.sqlite.eventrows import Books, Copy, write_events
from pedigree.messages import DocumentMessage

_MASTER_DATA = """
INSERT INTO master_data VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (element, vocabulary, attribute) DO UPDATE SET value = excluded.value, compared = excluded.compared,
  party = excluded.party, record_time = excluded.record_time, partition = excluded.partition, offset = excluded.offset
  WHERE (excluded.record_time, excluded.partition, excluded.offset) >= (record_time, partition, offset)
"""
_BATCH = 2_000
"""Events that are written together."""


def write(
    connection: sqlite3.Connection,
    books: Books,
    compressor: zstandard.ZstdCompressor,
    partition: int,
    rows: list[tuple[int, DocumentMessage]],
) -> None:
    """(offset, document) rows."""
    copies: list[Copy] = []
    for offset, m in rows:
        seal = msgspec.msgpack.encode(m.seal) if m.seal else b""
        connection.execute(
            f"INSERT INTO document VALUES (?{', ?' * 10})",
            (partition, offset, m.id, m.party, m.record_time, m.registry, m.rules, m.content_type, m.digest, seal,
             pack(m.context, compressor)),
        )  # fmt: skip
        _master_data(connection, books, m, partition, offset)
        for seq, stamped in enumerate(m.events):
            copies.append(Copy(stamped, m, event_facts(stamped, m), (m.record_time, partition, offset, seq)))
            if len(copies) == _BATCH:
                write_events(connection, books, compressor, copies)
                copies.clear()
    write_events(connection, books, compressor, copies)


def _master_data(connection: sqlite3.Connection, books: Books, message: DocumentMessage, partition: int, offset: int) -> None:
    """Of several documents the latest counts, attribute by attribute."""
    found = list(master_data(message))
    if found:
        ids = books.units.ids(one.element for one in found)
        connection.executemany(
            _MASTER_DATA,
            [(ids[one.element], one.vocabulary, one.attribute, one.value, attribute_text(one.value), message.party,
              message.record_time, partition, offset) for one in found],
        )  # fmt: skip
