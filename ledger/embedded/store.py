"""The embedded ledger: one file, one writer at a time, any number of readers in any threads and processes."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from chaincode.messages import Batch, Receipt
from ledger.embedded import checkpoints
from ledger.embedded.commit import commit
from ledger.embedded.queries import Queries
from ledger.embedded.schema import MIGRATIONS
from pedigree.errors import LedgerError, ProofError
from pedigree.proof import Checkpoint
from storage import sqlite


class EmbeddedLedger(Queries):
    """`ledger.port.Ledger` in the file `path`. `clock`: ms UTC, stamps commits; `member`: the organisation that commits.

    Of several writers each waits for the others; one that goes by an old head gets the contract's GAP. `readonly`: nothing is
    made or changed, the file must exist. StoreError: damaged or locked for too long; LogFullError: no room, nothing was taken.
    """

    def __init__(
        self, path: Path, *, member: str = "operator", readonly: bool = False, clock: Callable[[], int] | None = None
    ) -> None:
        super().__init__(path)
        self._member = member
        self._clock = clock
        self._lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        if readonly:
            with self._readers.reading():  # says now, not at the first query, that the file is missing
                return
        if clock is None:
            raise LedgerError("a ledger that is written needs a clock")
        self._writer = sqlite.open(path, MIGRATIONS, synchronous="FULL", cache_kib=64 * 1024)
        self._writer.execute("PRAGMA wal_autocheckpoint=4000")

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._writer is None:
                raise LedgerError(f"{self.path.name} is closed, or open for reading only")
            try:
                with sqlite.transaction(self._writer, what=self.path.name) as connection:
                    yield connection
            except (sqlite3.IntegrityError, msgspec.MsgspecError, UnicodeError, RecursionError, ProofError) as broken:
                raise LedgerError(f"{self.path.name}: rows of the ledger contradict each other ({broken})") from broken

    def commit(self, batch: Batch) -> Receipt:
        with self._writing() as connection:
            return commit(connection, self._member, batch, self._clock() if self._clock is not None else 0)

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        with self._writing() as connection:
            checkpoints.add(connection, checkpoint)

    def close(self) -> None:
        with self._lock:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
        self._readers.close()
