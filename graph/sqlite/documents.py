"""Writes captured documents: which events they carried, and the events with what is indexed of them."""

from __future__ import annotations

import sqlite3

import msgspec
import zstandard

from graph.project import event_facts
from graph.sqlite.names import Names
from pedigree.messages import DocumentMessage

_MAGIC = zstandard.FRAME_HEADER
_SMALL = 300
_EARLIER = "(excluded.record_time, excluded.partition, excluded.offset, excluded.seq) < (record_time, partition, offset, seq)"
_EVENT = f"""
INSERT INTO event (key, declared, type, action, biz_step, disposition, time, record_time, party, actor, location, partition,
  offset, seq, json) VALUES (?{', ?' * 14})
ON CONFLICT (key, declared) DO UPDATE SET type = excluded.type, action = excluded.action, biz_step = excluded.biz_step,
  disposition = excluded.disposition, time = excluded.time, record_time = excluded.record_time, party = excluded.party,
  actor = excluded.actor, location = excluded.location, partition = excluded.partition, offset = excluded.offset,
  seq = excluded.seq, json = excluded.json WHERE {_EARLIER}
"""


def pack(blob: bytes, compressor: zstandard.ZstdCompressor) -> bytes:
    """Compressed where it pays. JSON never begins as a zstd frame does, so `unpack` can tell."""
    return blob if len(blob) < _SMALL else compressor.compress(blob)


def unpack(blob: bytes) -> bytes:
    """What `pack` was given. Bytes that were edited come back as they are: whoever compares them will see."""
    try:
        return zstandard.decompress(blob) if blob.startswith(_MAGIC) else blob
    except zstandard.ZstdError:
        return blob


def write(
    connection: sqlite3.Connection,
    units: Names[str],
    hashes: Names[bytes],
    compressor: zstandard.ZstdCompressor,
    partition: int,
    rows: list[tuple[int, DocumentMessage]],
) -> None:
    """(offset, document) rows. An event that several documents carry stands once, as the earliest of them has it."""
    keys = hashes.ids(event.hash for _, message in rows for event in message.events)
    for offset, m in rows:
        seal = msgspec.msgpack.encode(m.seal) if m.seal else b""
        connection.execute(
            f"INSERT INTO document VALUES (?{', ?' * 10})",
            (partition, offset, m.id, m.party, m.record_time, m.registry, m.rules, m.content_type, m.digest, seal,
             pack(m.context, compressor)),
        )  # fmt: skip
        for seq, stamped in enumerate(m.events):
            facts = event_facts(stamped, m)
            key = keys[stamped.hash]
            connection.execute(
                _EVENT,
                (key, facts.declared, facts.type, facts.action, facts.biz_step, facts.disposition, facts.time, m.record_time,
                 m.party, stamped.actor, facts.location, partition, offset, seq, pack(stamped.event, compressor)),
            )  # fmt: skip
            event = connection.execute("SELECT id FROM event WHERE key = ? AND declared = ?", (key, facts.declared)).fetchone()[0]
            connection.execute("INSERT INTO carried VALUES (?, ?, ?, ?)", (partition, offset, seq, event))
            ids = units.ids(epc for _, epc in facts.named)
            connection.executemany(
                "INSERT OR IGNORE INTO event_unit VALUES (?, ?, ?, ?)",
                sorted((ids[epc], facts.time, event, role) for role, epc in facts.named),
            )
