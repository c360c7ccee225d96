"""One topic of the SQLite log: one file, a table for each partition, group commit, positions of readers."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from eventlog.group import GroupCommit, Request
from pedigree.errors import FencedError, LogError, LogFullError, SettingsError
from pedigree.ports import Record
from storage import sqlite
from storage.sqlite import transaction, translated

_FORGET_AT_ONCE = 2_000
_POLL_SECONDS = 0.02


def _migrations(count: int) -> tuple[sqlite.Migration, ...]:
    def first(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE layout (partition INTEGER PRIMARY KEY, forgotten INTEGER NOT NULL) STRICT")
        connection.execute(
            "CREATE TABLE position (grp TEXT, partition INTEGER, position INTEGER NOT NULL,"
            " PRIMARY KEY (grp, partition)) STRICT, WITHOUT ROWID"
        )
        for partition in range(count):
            connection.execute("INSERT INTO layout VALUES (?, 0)", (partition,))
            connection.execute(f"CREATE TABLE record_{partition} (offset INTEGER PRIMARY KEY, value BLOB NOT NULL) STRICT")

    return (first,)


class Topic:
    """One file: a writer connection, one for positions, and as many readers as there are threads reading at once."""

    def __init__(self, path: Path, topic: str, count: int, max_bytes: int) -> None:
        if count < 1:
            raise SettingsError(f"{topic} needs at least one partition, not {count}")
        self.path = path
        self.count = count
        self._name = path.name
        self._migrations = _migrations(count)
        self._closed = False
        self._grown = threading.Condition()
        self._readers: list[sqlite3.Connection] = []
        self._position_lock = threading.Lock()
        self._writer_lock = threading.Lock()
        self._writer = sqlite.open(path, self._migrations, max_bytes=max_bytes)
        self._positions = sqlite.open(path, self._migrations, synchronous="NORMAL", max_bytes=max_bytes, cache_kib=256)
        self._group = GroupCommit(self._write)
        made = self._writer.execute("SELECT count(*) FROM layout").fetchone()[0]
        if made != count:
            self.close()
            raise SettingsError(f"{topic} was made with {made} partitions and can't have {count}: set its partitions to {made}")

    def append(self, partition: int, values: Sequence[bytes], expect: int | None) -> int:
        size = sum(map(len, values))
        return self._group.submit(Request(partition, values, expect, size))

    def _write(self, requests: list[Request]) -> None:
        try:
            self._write_together(requests)
        except LogFullError:
            if len(requests) == 1:
                raise
            for request in requests:  # perhaps only the big ones find no room
                request.offset, request.error = -1, None
                try:
                    self._write_together([request])
                except LogFullError as error:
                    request.error = error

    def _write_together(self, requests: list[Request]) -> None:
        ends: dict[int, int] = {}
        with self._writer_lock:
            self._check_open()
            with transaction(self._writer, what=self._name) as connection:
                for request in requests:
                    partition = request.partition
                    end = ends[partition] if partition in ends else _end(connection, partition)
                    if request.expect is not None and request.expect != end:
                        request.error = FencedError(
                            f"{self._name}, partition {partition}: expected offset {request.expect}, it is {end}"
                        )
                        continue
                    connection.executemany(
                        f"INSERT INTO record_{partition} VALUES (?, ?)", enumerate(request.values, start=end)
                    )
                    request.offset, ends[partition] = end, end + len(request.values)
        with self._grown:
            self._grown.notify_all()

    def read(self, partition: int, start: int, limit: int, max_bytes: int) -> list[Record]:
        records: list[Record] = []
        size = 0
        with self._reader() as connection:
            cursor = connection.execute(
                f"SELECT offset, value FROM record_{partition} WHERE offset >= ? ORDER BY offset LIMIT ?", (start, max(1, limit))
            )
            for offset, value in cursor:
                size += len(value)
                if records and size > max_bytes:
                    break
                records.append(Record(offset, value))
            cursor.close()
        return records

    def end(self, partition: int) -> int:
        with self._reader() as connection:
            return _end(connection, partition)

    def wait(self, partition: int, offset: int, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        with self._grown:
            while self.end(partition) <= offset:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._grown.wait(min(left, _POLL_SECONDS))
        return True

    def commit(self, group: str, partition: int, position: int) -> None:
        with self._position_lock:
            self._check_open()
            with translated(self._name):
                self._positions.execute(
                    "INSERT INTO position VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET position = excluded.position",
                    (group, partition, position),
                )

    def committed(self, group: str, partition: int) -> int:
        with self._reader() as connection:
            row = connection.execute(
                "SELECT position FROM position WHERE grp = ? AND partition = ?", (group, partition)
            ).fetchone()
        return int(row[0]) if row else 0

    def forget(self, partition: int, before: int) -> int:
        """In small transactions: an append never waits long. The end is remembered first, so that offsets go on."""
        before = min(before, self.end(partition))
        dropped = 0
        while True:
            with self._writer_lock:
                self._check_open()
                with transaction(self._writer, what=self._name) as connection:
                    connection.execute(
                        "UPDATE layout SET forgotten = max(forgotten, ?) WHERE partition = ?", (before, partition)
                    )
                    count = connection.execute(
                        f"DELETE FROM record_{partition} WHERE offset IN"
                        f" (SELECT offset FROM record_{partition} WHERE offset < ? ORDER BY offset LIMIT ?)",
                        (before, _FORGET_AT_ONCE),
                    ).rowcount
            dropped += count
            if count < _FORGET_AT_ONCE:
                return dropped

    def close(self) -> None:
        """Waits for a write that is under way; readers that are out are closed when they come back."""
        with self._writer_lock, self._position_lock:
            self._closed = True
            self._positions.close()
            self._writer.close()
            while self._readers:
                self._readers.pop().close()

    def _check_open(self) -> None:
        if self._closed:
            raise LogError(f"{self._name} is closed")

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        self._check_open()
        try:
            connection = self._readers.pop()
        except IndexError:
            connection = sqlite.open(self.path, self._migrations, cache_kib=1_024)
        try:
            with translated(self._name):
                yield connection
        finally:
            if self._closed:
                connection.close()
            else:
                self._readers.append(connection)


def _end(connection: sqlite3.Connection, partition: int) -> int:
    last = connection.execute(f"SELECT max(offset) FROM record_{partition}").fetchone()[0]
    if last is not None:
        return int(last) + 1
    return int(connection.execute("SELECT forgotten FROM layout WHERE partition = ?", (partition,)).fetchone()[0])


