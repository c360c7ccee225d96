"""The pages' own copy of the custody store, on machines where no custody worker runs: it takes every partition's decisions from
the log, decides nothing, and may be thrown away at any time."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from pedigree.errors import LogError, StoreAheadError
from pedigree.ports import DECISIONS, EventLog
from streams.decisions import DecisionsReader
from streams.store import CustodyStore

_log = structlog.get_logger("medtrace.follower")
_PAGE = 100
_IDLE_S = 0.2


class CustodyFollower:
    """`log` and `store` are its own. Raises StoreAheadError at once for a store that the log does not bear out."""

    def __init__(self, log: EventLog, store: CustodyStore, failed: Callable[[], None] = lambda: None) -> None:
        self._log, self._store, self._failed = log, store, failed
        self._reader = DecisionsReader(log)
        self._partitions = range(log.partitions(DECISIONS))
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        for partition in self._partitions:
            known = store.progress(partition)
            if not self._reader.holds(partition, known.number, known.head):
                raise self._ahead(partition)

    def step(self) -> int:
        """Take what there is, a page a partition; how many messages."""
        done = 0
        for partition in self._partitions:
            number = self._store.progress(partition).number
            messages = self._reader.read(partition, number, _PAGE)
            if messages:
                done += self._store.apply(messages)
                if self._store.progress(partition).number == number:
                    raise self._ahead(partition)
        return done

    def start(self) -> None:
        """Follow from a thread until `stop`. `failed` is called when it can't go on; what only delays it is tried again."""
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                if self.step():
                    continue
            except StoreAheadError as error:
                _log.critical("follower_stopped", error=str(error))
                self._failed()
                return
            except LogError as error:
                _log.warning("follower_waits", error=str(error))
            self._ended.wait(_IDLE_S)

    def stop(self) -> None:
        """End the thread, close store and log."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        self._store.close()
        self._log.close()

    def _ahead(self, partition: int) -> StoreAheadError:
        return StoreAheadError(
            f"the pages' custody store does not fit the decisions of partition {partition}: the log was exchanged; "
            "stop the server, remove custody.sqlite from its data folder, and start it again"
        )
