"""The capture index in one SQLite file. It may lose its last commits with the power: then it follows the log again."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from pedigree.errors import StoreAheadError
from pedigree.messages import DocumentMessage, decode_document
from pedigree.ports import DOCUMENTS, EventLog
from services.capture.context import CaptureContext, HeadAfter, decode_context
from services.capture.index import EventKey, Job, Seen, keys_of, strength
from storage import sqlite
from storage.sqlite import transaction, translated

_SCHEMA = """
CREATE TABLE progress (partition INTEGER PRIMARY KEY, next INTEGER NOT NULL) STRICT;
CREATE TABLE job (
    id TEXT PRIMARY KEY, party TEXT NOT NULL, record_time INTEGER NOT NULL, job BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX job_of_party ON job (party, record_time, id);
CREATE TABLE event (
    hash BLOB, declared INTEGER, party TEXT, capture TEXT NOT NULL, strength INTEGER NOT NULL,
    PRIMARY KEY (hash, declared, party)
) STRICT, WITHOUT ROWID;
CREATE TABLE device (id TEXT PRIMARY KEY, head BLOB NOT NULL) STRICT, WITHOUT ROWID;
"""
_log = structlog.get_logger("medtrace.capture")
_TABLES = ("progress", "job", "event", "device")
_encode = msgspec.msgpack.encode
_decode_job = msgspec.msgpack.Decoder(Job).decode
_decode_head = msgspec.msgpack.Decoder(HeadAfter).decode


class SqliteCaptureIndex:
    """Implements `services.capture.index.CaptureIndex`."""

    def __init__(self, path: Path | str, *, max_bytes: int = 0) -> None:
        self._name = Path(path).name
        self._lock = threading.Lock()
        self._db = sqlite.open(path, [_SCHEMA], synchronous="NORMAL", max_bytes=max_bytes)

    def follow(self, log: EventLog, partition: int | None = None) -> int:
        partitions = range(log.partitions(DOCUMENTS)) if partition is None else (partition,)
        return sum(self._follow(log, one) for one in partitions)

    def _follow(self, log: EventLog, partition: int) -> int:
        taken = 0
        while True:
            with self._lock, translated(self._name):
                row = self._db.execute("SELECT next FROM progress WHERE partition = ?", (partition,)).fetchone()
                start = row[0] if row else 0
                records = log.read(DOCUMENTS, partition, start)
                if not records:
                    if start > log.end(DOCUMENTS, partition):
                        raise StoreAheadError(f"{self._name} has document {start - 1} of partition {partition}, the log has not")
                    return taken
                with transaction(self._db, what=self._name):
                    for record in records:
                        self._take(record.value, partition, record.offset)
                    self._db.execute("INSERT OR REPLACE INTO progress VALUES (?, ?)", (partition, records[-1].offset + 1))
                taken += len(records)

    def _take(self, value: bytes, partition: int, offset: int) -> None:
        try:
            message = decode_document(value)
            context = decode_context(message.context)
        except msgspec.MsgspecError as error:  # nothing of ours writes such; it must not stop capture
            _log.error("unreadable_document", partition=partition, offset=offset, error=str(error))
            return
        job = _job(message, context, partition, offset)
        self._db.execute("INSERT OR REPLACE INTO job VALUES (?, ?, ?, ?)", (job.id, job.party, job.record_time, _encode(job)))
        sealed = message.seal is not None
        self._db.executemany(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (hash, declared, party) DO UPDATE SET strength = strength | excluded.strength",
            [
                (*key, message.id, strength(event, sealed))
                for key, event in zip(keys_of(message), message.events, strict=True)
            ],
        )
        if context.journal is not None:
            self._db.execute(
                "INSERT OR REPLACE INTO device VALUES (?, ?)", (context.journal.device, _encode(context.journal.after))
            )

    def seen(self, keys: Sequence[EventKey]) -> dict[EventKey, Seen]:
        found: dict[EventKey, Seen] = {}
        with self._lock, translated(self._name):
            for key in keys:
                row = self._db.execute(
                    "SELECT capture, strength FROM event WHERE hash = ? AND declared = ? AND party = ?", key
                ).fetchone()
                if row is not None:
                    found[key] = Seen(*row)
        return found

    def job(self, id: str) -> Job | None:
        row = self._one("SELECT job FROM job WHERE id = ?", id)
        return _decode_job(row[0]) if row else None

    def jobs(self, party: str, before: tuple[int, str] | None, limit: int) -> list[Job]:
        time, id = before or (2**62, "")
        with self._lock, translated(self._name):
            rows = self._db.execute(
                "SELECT job FROM job WHERE party = ? AND (record_time, id) < (?, ?) ORDER BY record_time DESC, id DESC LIMIT ?",
                (party, time, id, limit),
            ).fetchall()
        return [_decode_job(row[0]) for row in rows]

    def head(self, device: str) -> HeadAfter | None:
        row = self._one("SELECT head FROM device WHERE id = ?", device)
        return _decode_head(row[0]) if row else None

    def clear(self) -> None:
        with self._lock, transaction(self._db, what=self._name):
            for table in _TABLES:
                self._db.execute(f"DELETE FROM {table}")

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _one(self, query: str, *values: object) -> sqlite3.Row | None:
        with self._lock, translated(self._name):
            found: sqlite3.Row | None = self._db.execute(query, values).fetchone()
            return found


def _job(message: DocumentMessage, context: CaptureContext, partition: int, offset: int) -> Job:
    return Job(
        id=message.id,
        party=context.uploader or message.party,
        attester=message.party,
        record_time=message.record_time,
        events=len(message.events),
        expected=context.expected,
        duplicates=context.duplicates,
        behaviour=context.behaviour,
        errors=context.errors,
        partition=partition,
        offset=offset,
    )
