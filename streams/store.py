"""The custody store: one row a unit, and beside the rows what is too big for them. Derived: it can lag behind the log of
decisions and be rebuilt from it, and it never leads it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import zstandard

from pedigree.custody.row import Identity
from pedigree.custody.steps import Kind
from pedigree.messages import Decisions, Entry, UnitDecision
from storage.sqlite import open as open_sqlite
from storage.sqlite import transaction
from streams.schema import MIGRATIONS

_squeeze = zstandard.ZstdCompressor(level=1)
_expand = zstandard.ZstdDecompressor()
_entry = msgspec.msgpack.Decoder(Entry).decode
_names = msgspec.msgpack.Decoder(tuple[str, ...]).decode
_encode = msgspec.msgpack.Encoder().encode


def pack_row(row: bytes) -> bytes:
    """A row as decisions carry it and the store keeps it: a third of its size, for less time than the difference costs."""
    return _squeeze.compress(row)


def unpack_row(data: bytes) -> bytes:
    """Raises ValueError for what is no packed row."""
    try:
        return _expand.decompress(data, max_output_size=64_000_000)
    except zstandard.ZstdError as broken:
        raise ValueError(f"not a packed row: {broken}") from broken


class Progress(msgspec.Struct, frozen=True):
    """How far a partition is: `number` comes next after the message with hash `head`; observations before `source` are
    decided; `tick` is the latest one; the edges of messages before `told` have been sent."""

    number: int = 0
    head: bytes = b""
    source: int = 0
    tick: int = 0
    told: int = 0


class CustodyStore:
    """One connection; its user sees to it that one thread at a time calls it."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._db = open_sqlite(path, MIGRATIONS, synchronous="NORMAL", read_only=read_only, cache_kib=64_000)

    # --- reading -----------------------------------------------------------------------------------------------------

    def progress(self, partition: int) -> Progress:
        found = self._db.execute(
            "SELECT number, head, source, tick, told FROM progress WHERE partition=?", (partition,)
        ).fetchone()
        return Progress(*found) if found else Progress()

    def row(self, epc: str) -> bytes | None:
        found = self._db.execute("SELECT row FROM unit WHERE epc=?", (epc,)).fetchone()
        return unpack_row(found[0]) if found else None

    def located(self, epc: str) -> tuple[bytes, int, int] | None:
        """(packed row, partition, number of the decision that wrote it)."""
        found = self._db.execute("SELECT row, partition, number FROM unit WHERE epc=?", (epc,)).fetchone()
        return (found[0], found[1], found[2]) if found else None

    def rows(self, epcs: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for start in range(0, len(epcs), 500):
            some = epcs[start : start + 500]
            marks = ",".join("?" * len(some))
            query = f"SELECT epc, row FROM unit WHERE epc IN ({marks})"
            found.update((epc, unpack_row(row)) for epc, row in self._db.execute(query, some))
        return found

    def due(self, partition: int, tick: int, limit: int = 5_000) -> list[str]:
        """Units that want to be woken by a tick."""
        query = "SELECT epc FROM unit WHERE partition=? AND wake>0 AND wake<=? ORDER BY wake LIMIT ?"
        return [epc for (epc,) in self._db.execute(query, (partition, tick, limit))]

    def next_wake(self, partition: int) -> int:
        """The earliest wake-up, 0 = none."""
        query = "SELECT min(wake) FROM unit WHERE partition=? AND wake>0"
        return self._db.execute(query, (partition,)).fetchone()[0] or 0

    def units(self) -> Iterator[tuple[str, int, int, int, bytes]]:
        """(epc, partition, number, wake, packed row), ordered by epc."""
        yield from self._db.execute("SELECT epc, partition, number, wake, row FROM unit ORDER BY epc")

    def count(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM unit").fetchone()[0])

    # --- Archive -------------------------------------------------------------------------------------------------------

    def segments(self, unit: str) -> list[bytes]:
        return [data for (data,) in self._db.execute("SELECT data FROM segment WHERE epc=? ORDER BY start", (unit,))]

    def members(self, unit: str, event: bytes) -> tuple[str, ...]:
        found = self._db.execute("SELECT children FROM member WHERE epc=? AND event=?", (unit, event)).fetchone()
        return _names(found[0]) if found else ()

    def probes(self, unit: str, until: int) -> list[Entry]:
        query = "SELECT entry FROM probe WHERE epc=? AND until>=? ORDER BY until, event, source"
        return [_entry(data) for (data,) in self._db.execute(query, (unit, until))]

    def probe(self, unit: str, identity: Identity) -> Entry | None:
        query = "SELECT entry FROM probe WHERE epc=? AND event=? AND source=?"
        found = self._db.execute(query, (unit, identity[0], identity[2])).fetchone()
        return _entry(found[0]) if found else None

    # --- writing -------------------------------------------------------------------------------------------------------

    def apply(self, messages: Sequence[tuple[Decisions, bytes]]) -> int:
        """Take the messages that continue their partition's head, ignore all others; returns how many were taken."""
        taken = 0
        with transaction(self._db, what="custody store"):
            for message, hash_ in messages:
                before = self.progress(message.partition)
                if message.number != before.number or message.previous != before.head:
                    continue
                for unit in message.units:
                    self._write(unit, message.partition, message.number)
                self._set(message.partition, message.number + 1, hash_, message.source, message.tick)
                taken += 1
        return taken

    def advance(self, partition: int, source: int, tick: int) -> None:
        """Observations up to `source` (and a tick) came to nothing: remember only the position."""
        before = self.progress(partition)
        with transaction(self._db, what="custody store"):
            self._set(partition, before.number, before.head, source, max(tick, before.tick))

    def told(self, partition: int, number: int) -> None:
        """The edges of messages before `number` have been sent."""
        with transaction(self._db, what="custody store"):
            self._db.execute("UPDATE progress SET told=? WHERE partition=?", (number, partition))

    def _set(self, partition: int, number: int, head: bytes, source: int, tick: int) -> None:
        self._db.execute(
            "INSERT INTO progress(partition, number, head, source, tick, told) VALUES(?,?,?,?,?,0)"
            " ON CONFLICT(partition) DO UPDATE SET number=excluded.number, head=excluded.head,"
            " source=max(source, excluded.source), tick=max(tick, excluded.tick)",
            (partition, number, head, source, tick),
        )

    def _write(self, unit: UnitDecision, partition: int, number: int) -> None:
        db, epc = self._db, unit.unit
        db.execute(
            "INSERT INTO unit(epc, partition, number, wake, row) VALUES(?,?,?,?,?)"
            " ON CONFLICT(epc) DO UPDATE SET number=excluded.number, wake=excluded.wake, row=excluded.row",
            (epc, partition, number, unit.wake, unit.row),
        )
        for event, children in unit.members:
            db.execute("INSERT OR REPLACE INTO member VALUES(?,?,?)", (epc, event, _encode(children)))
        for start, data in unit.segments:
            db.execute("INSERT OR REPLACE INTO segment VALUES(?,?,?)", (epc, start, data))
        for entry in unit.entries:
            if entry.kind == Kind.PROBE:
                values = (epc, entry.event, entry.source, entry.until, _encode(entry))
                db.execute("INSERT OR REPLACE INTO probe VALUES(?,?,?,?,?)", values)

    def clear(self) -> None:
        """Forget everything: a rebuild starts here."""
        with transaction(self._db, what="custody store"):
            for table in ("unit", "member", "probe", "segment", "progress"):
                self._db.execute(f"DELETE FROM {table}")

    def dump(self) -> Iterator[tuple[str, tuple[object, ...], tuple[object, ...]]]:
        """Every row in a canonical order: (table, key, values)."""
        for epc, partition, number, wake, row in self.units():
            yield "unit", (epc,), (partition, number, wake, row)
        for epc, event, children in self._db.execute("SELECT epc, event, children FROM member ORDER BY epc, event"):
            yield "member", (epc, event), (children,)
        query = "SELECT epc, event, source, until, entry FROM probe ORDER BY epc, event, source"
        for epc, event, source, until, entry in self._db.execute(query):
            yield "probe", (epc, event, source), (until, entry)
        for epc, start, data in self._db.execute("SELECT epc, start, data FROM segment ORDER BY epc, start"):
            yield "segment", (epc, start), (data,)

    def close(self) -> None:
        try:
            self._db.close()
        except sqlite3.ProgrammingError:
            pass
