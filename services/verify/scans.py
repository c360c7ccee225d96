"""How often a code was looked at on public pages, without keeping who looked.

Kept: a salted hash of the unit, a day, a number. An address is never stored: for a minute, in memory only, its hash under a key
that dies with the process says that the same visitor's second look is no second scan.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from storage.sqlite import open as open_sqlite
from storage.sqlite import transaction, translated

WINDOW_DAYS = 90
"""Looks are counted, and kept, for so many days."""
MAX_ROWS = 2_000_000
"""(unit, day) pairs that are kept at most; the oldest days go first."""
FLUSH_SECONDS = 2.0
"""Looks of so many seconds are written together. That many may be missing after a crash, and nobody is harmed by it."""
_MOST_WAITING = 10_000
_DAY = 86_400_000
_MIGRATIONS = (
    "CREATE TABLE salt (value BLOB NOT NULL);"
    "CREATE TABLE look (day INTEGER NOT NULL, unit BLOB NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (unit, day)) WITHOUT ROWID;"
    "CREATE INDEX look_by_day ON look (day);",
)


class ScanCounts(Protocol):
    """Counts public looks at a unit. LogFullError, StoreError where that can't be done just now."""

    def record(self, epc: str, now_ms: int) -> None:
        """One more look."""
        ...

    def count(self, epc: str, now_ms: int) -> int:
        """Looks in the last `WINDOW_DAYS` days, those that were just recorded included."""
        ...

    def close(self) -> None: ...


class MemoryScans:
    """Forgets everything with the process: for tests, and where no file may be written. Bounded as the other."""

    def __init__(self, max_units: int = 100_000) -> None:
        self._looks: OrderedDict[str, int] = OrderedDict()
        self._max = max_units

    def record(self, epc: str, now_ms: int) -> None:
        self._looks[epc] = self._looks.pop(epc, 0) + 1
        if len(self._looks) > self._max:
            self._looks.popitem(last=False)

    def count(self, epc: str, now_ms: int) -> int:
        return self._looks.get(epc, 0)

    def close(self) -> None:
        self._looks.clear()


class SqliteScans:
    """One file, several processes: each writes its own looks in batches. Any thread may call."""

    def __init__(self, path: Path, *, max_rows: int = MAX_ROWS, now: Callable[[], float] = time.monotonic) -> None:
        self._db = open_sqlite(path, _MIGRATIONS, synchronous="NORMAL", cache_kib=2_048)
        self._guard = threading.Lock()
        self._now = now
        self._max = max_rows
        self._waiting: dict[tuple[bytes, int], int] = {}
        self._flushed = now()
        self._swept = -1
        with transaction(self._db):
            self._db.execute("INSERT INTO salt SELECT ? WHERE NOT EXISTS (SELECT 1 FROM salt)", (secrets.token_bytes(16),))
        self._salt: bytes = self._db.execute("SELECT value FROM salt").fetchone()[0]
        self._rows = self._count_rows()

    def record(self, epc: str, now_ms: int) -> None:
        looked = (self._unit(epc), now_ms // _DAY)
        with self._guard:
            if len(self._waiting) < _MOST_WAITING or looked in self._waiting:  # more only wait when nothing can be written
                self._waiting[looked] = self._waiting.get(looked, 0) + 1
            if self._now() - self._flushed >= FLUSH_SECONDS:
                self._flushed = self._now()
                self._flush(now_ms // _DAY)

    def count(self, epc: str, now_ms: int) -> int:
        unit, first = self._unit(epc), now_ms // _DAY - WINDOW_DAYS
        query = "SELECT coalesce(sum(n), 0) FROM look WHERE unit = ? AND day > ?"
        with self._guard, translated("scan counts"):
            written = int(self._db.execute(query, (unit, first)).fetchone()[0])
            return written + sum(self._waiting.get((unit, now_ms // _DAY - back), 0) for back in (0, 1))

    def close(self) -> None:
        with self._guard:
            self._flush(max((day for _, day in self._waiting), default=0))
            self._db.close()

    def _unit(self, epc: str) -> bytes:
        return hashlib.blake2b(epc.encode(), key=self._salt, digest_size=12).digest()

    def _flush(self, today: int) -> None:
        with transaction(self._db, what="scan counts"):
            for (unit, day), n in self._waiting.items():
                found = self._db.execute("UPDATE look SET n = n + ? WHERE unit = ? AND day = ?", (n, unit, day))
                if found.rowcount == 0:
                    self._db.execute("INSERT INTO look VALUES (?, ?, ?)", (day, unit, n))
                    self._rows += 1
            if today > self._swept:
                self._rows -= self._db.execute("DELETE FROM look WHERE day <= ?", (today - WINDOW_DAYS,)).rowcount
                self._swept = today
            if self._rows > self._max:
                self._rows = self._count_rows()  # another process may have deleted some
            while self._rows > self._max:
                self._rows -= self._db.execute("DELETE FROM look WHERE day = (SELECT min(day) FROM look)").rowcount
        self._waiting.clear()

    def _count_rows(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM look").fetchone()[0])


class Visitors:
    """Whether the same visitor looked at the same code within the last minute. Keeps hashes, `limit` of them at most."""

    def __init__(self, seconds: float = 60.0, limit: int = 10_000, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._limit = limit
        self._now = now
        self._key = secrets.token_bytes(16)
        self._seen: OrderedDict[bytes, float] = OrderedDict()
        self._guard = threading.Lock()

    def again(self, address: str, epc: str) -> bool:
        """False for the first look; it is remembered."""
        visit = hashlib.blake2b(f"{address}\n{epc}".encode(), key=self._key, digest_size=12).digest()
        now = self._now()
        with self._guard:
            while self._seen and (len(self._seen) >= self._limit or now - next(iter(self._seen.values())) >= self._seconds):
                self._seen.popitem(last=False)
            if visit in self._seen:
                return True
            self._seen[visit] = now
            return False
